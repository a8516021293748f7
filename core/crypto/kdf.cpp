#include "crypto/kdf.h"

#include <argon2.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "crypto/digest.h"
#include "crypto/random.h"

namespace postern::crypto {
namespace {

constexpr size_t kSaltSize = 16;
constexpr size_t kHashSize = 32;
constexpr uint32_t kMemoryLimitKib = 1024 * 1024;
constexpr uint32_t kPassesLimit = 16;
constexpr size_t kEncodedLimit = 512;

/// The number behind "key=" in the parameters of an encoded hash, 0 when there is none.
uint32_t parameter(std::string_view encoded, std::string_view key) {
  const size_t at = encoded.find(key);
  if (at == std::string_view::npos) return 0;
  uint64_t value = 0;
  for (size_t i = at + key.size(); i < encoded.size() && encoded[i] >= '0' && encoded[i] <= '9' && value <= UINT32_MAX; ++i)
    value = value * 10 + static_cast<uint64_t>(encoded[i] - '0');
  return value > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(value);
}

}  // namespace

Bytes hkdf_sha256(BytesView key, BytesView salt, BytesView info, size_t length) {
  static constexpr std::array<uint8_t, 32> kNoSalt{};
  const Digest extracted = hmac_sha256(salt.empty() ? BytesView(kNoSalt) : salt, key);  // RFC 5869 section 2.2
  Bytes out;
  Digest block{};
  uint8_t counter = 1;
  while (out.size() < length) {  // section 2.3
    const BytesView before = counter == 1 ? BytesView() : BytesView(block);
    block = hmac_sha256(extracted, {before, info, BytesView(&counter, 1)});
    out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(std::min(block.size(), length - out.size())));
    ++counter;
  }
  return out;
}

AeadKey derive_key(const AeadKey& key, std::string_view label, BytesView id) {
  const Bytes derived = hkdf_sha256(key, id, as_bytes(label), kAeadKeySize);
  AeadKey out{};
  std::copy(derived.begin(), derived.end(), out.begin());
  return out;
}

std::string argon2id_hash(const Secret& password, const Argon2Cost& cost) {
  const Bytes salt = random_bytes(kSaltSize);
  std::array<char, kEncodedLimit> encoded{};
  const int result = argon2id_hash_encoded(cost.passes, cost.memory_kib, cost.lanes, password.reveal().data(), password.size(), salt.data(),
                                           salt.size(), kHashSize, encoded.data(), encoded.size());
  if (result != ARGON2_OK) std::abort();
  return encoded.data();
}

bool argon2id_verify(std::string_view encoded, const Secret& password) {
  if (encoded.size() >= kEncodedLimit || !encoded.starts_with("$argon2id$")) return false;
  if (parameter(encoded, "$m=") > kMemoryLimitKib || parameter(encoded, ",t=") > kPassesLimit) return false;
  return ::argon2id_verify(std::string(encoded).c_str(), password.reveal().data(), password.size()) == ARGON2_OK;
}

}  // namespace postern::crypto
