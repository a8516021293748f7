#include "crypto/random.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "crypto/openssl_types.h"

namespace postern::crypto {
namespace {

constexpr size_t kOctetsPerCall = 1U << 20;  ///< RAND_bytes counts in int

}  // namespace

void random_bytes(std::span<uint8_t> out) {
  while (!out.empty()) {
    const size_t count = std::min(out.size(), kOctetsPerCall);
    detail::must(RAND_bytes(out.data(), static_cast<int>(count)) == 1, "no random octets");
    out = out.subspan(count);
  }
}

Bytes random_bytes(size_t count) {
  Bytes out(count);
  random_bytes(std::span<uint8_t>(out));
  return out;
}

uint64_t random_u64() {
  std::array<uint8_t, sizeof(uint64_t)> octets;
  random_bytes(std::span<uint8_t>(octets));
  uint64_t value = 0;
  for (const uint8_t octet : octets) value = value << 8 | octet;
  return value;
}

}  // namespace postern::crypto
