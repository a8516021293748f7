#include "crypto/random.h"

#include <openssl/rand.h>

#include <cstdlib>

namespace postern::crypto {

void random_bytes(std::span<uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) std::abort();
}
Bytes random_bytes(size_t count) {
  Bytes out(count);
  random_bytes(out);
  return out;
}
uint64_t random_u64() {
  uint64_t value = 0;
  random_bytes(std::span(reinterpret_cast<uint8_t*>(&value), sizeof value));
  return value;
}

}  // namespace postern::crypto
