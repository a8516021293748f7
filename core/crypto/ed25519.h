// Ed25519 signatures (RFC 8032): audit heads now, DKIM and tokens later. Any thread.
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/expected.h"
#include "base/secret.h"

namespace postern::crypto {

using Ed25519Public = std::array<uint8_t, 32>;
using Ed25519Signature = std::array<uint8_t, 64>;

/// A signing key, held as its 32-octet seed.
class Ed25519Key {
 public:
  static Ed25519Key generate();
  static Expected<Ed25519Key> from_seed(BytesView seed);
  Ed25519Public public_key() const;
  Ed25519Signature sign(BytesView message) const;
  Secret seed() const { return seed_.clone(); }

 private:
  explicit Ed25519Key(Secret seed) : seed_(std::move(seed)) {}
  Secret seed_;
};

bool ed25519_verify(const Ed25519Public& key, BytesView message, const Ed25519Signature& signature);

}  // namespace postern::crypto
