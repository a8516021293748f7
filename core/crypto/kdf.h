// Key derivation: HKDF-SHA-256 (RFC 5869) for keys from keys, Argon2id (RFC 9106) for passwords. Any thread.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/expected.h"
#include "base/secret.h"
#include "crypto/aead.h"

namespace postern::crypto {

/// `length` octets (<= 8160) from `key`, bound to `salt` and `info`.
Bytes hkdf_sha256(BytesView key, BytesView salt, BytesView info, size_t length);
/// A 32-octet key from `key` bound to `label` and `id`: the form used for per-message and per-purpose keys.
AeadKey derive_key(const AeadKey& key, std::string_view label, BytesView id);

/// Cost of one password check. The default takes about 25 ms and 19 MiB.
struct Argon2Cost {
  uint32_t memory_kib = 19 * 1024;
  uint32_t passes = 2;
  uint32_t lanes = 1;
};

/// "$argon2id$v=19$m=19456,t=2,p=1$salt$hash" with a fresh 16-octet salt. Blocks for its cost: workers only.
std::string argon2id_hash(const Secret& password, const Argon2Cost& cost = {});
/// False for a wrong password and for a string that is not such a hash (cost above 1 GiB or 16 passes is refused).
/// Blocks.
bool argon2id_verify(std::string_view encoded, const Secret& password);

}  // namespace postern::crypto
