// AES-256-GCM. One Key object may be used by any number of threads at once.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/expected.h"

namespace postern::crypto {

constexpr size_t kAeadKeySize = 32;
constexpr size_t kAeadNonceSize = 12;
constexpr size_t kAeadTagSize = 16;
using AeadKey = std::array<uint8_t, kAeadKeySize>;
using AeadNonce = std::array<uint8_t, kAeadNonceSize>;

/// Appends ciphertext and tag of `plain` to `out` (plain.size() + 16 octets). The caller never repeats a nonce under a
/// key; `plain` is not part of `out`.
void aead_seal(const AeadKey& key, const AeadNonce& nonce, BytesView associated, BytesView plain, Bytes& out);
/// Appends the plain text to `out`; false (and `out` unchanged) when key, nonce, associated data or any octet is wrong.
bool aead_open(const AeadKey& key, const AeadNonce& nonce, BytesView associated, BytesView sealed, Bytes& out);

/// A self-contained box: random nonce ‖ ciphertext ‖ tag. For small things (secrets, wrapped keys, audit payloads).
Bytes seal_box(const AeadKey& key, BytesView associated, BytesView plain);
std::optional<Bytes> open_box(const AeadKey& key, BytesView associated, BytesView box);

}  // namespace postern::crypto
