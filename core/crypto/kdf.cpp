#include "crypto/kdf.h"

#include <algorithm>

#include "crypto/digest.h"
#include "crypto/openssl_types.h"

namespace postern::crypto {
namespace {

constexpr size_t kHkdfLimit = 255 * sizeof(Digest);
constexpr uint8_t kLabelEnd = 0;  ///< no label holds it, so label and id cannot be shifted against each other

}  // namespace

// Written on our own HMAC: OpenSSL 3.0's HKDF object looks its digest up again for each derivation and keeps the
// salt of the one before when the next salt is empty.
Bytes hkdf_sha256(BytesView key, BytesView salt, BytesView info, size_t length) {
  detail::must(length <= kHkdfLimit, "HKDF: too many octets asked for");
  static constexpr Digest kNoSalt{};
  Digest extracted = hmac_sha256(salt.empty() ? BytesView(kNoSalt) : salt, key);  // RFC 5869 section 2.2
  Bytes out;
  out.reserve(length);
  Digest block;
  for (uint8_t counter = 1; out.size() < length; ++counter) {  // RFC 5869 section 2.3
    const BytesView previous = counter == 1 ? BytesView() : BytesView(block);
    block = hmac_sha256(extracted, {previous, info, BytesView(&counter, 1)});
    out.insert(out.end(), block.begin(), block.begin() + static_cast<int>(std::min(block.size(), length - out.size())));
  }
  wipe(extracted.data(), extracted.size());
  wipe(block.data(), block.size());
  return out;
}

AeadKey derive_key(const AeadKey& key, std::string_view label, BytesView id) {
  Bytes info;
  info.reserve(label.size() + 1 + id.size());
  info.assign(label.begin(), label.end());
  info.push_back(kLabelEnd);
  info.insert(info.end(), id.begin(), id.end());
  Bytes octets = hkdf_sha256(key, {}, info, kAeadKeySize);
  AeadKey derived;
  std::copy(octets.begin(), octets.end(), derived.begin());
  wipe(octets);
  return derived;
}

}  // namespace postern::crypto
