// How content is stored: chunks of 64 KiB, each AES-256-GCM under the message's own key. Order, number and end of the
// chunks are bound into their nonces, so exchange, loss and truncation are found. Pure; any thread.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "crypto/aead.h"

namespace postern::mail {

constexpr size_t kChunk = 64 * 1024;
constexpr size_t kSealedChunk = kChunk + crypto::kAeadTagSize;

/// Octets that `size` octets of content take when stored.
uint64_t sealed_size(uint64_t size);
/// Number of chunks of `size` octets of content; at least one.
uint32_t chunk_count(uint64_t size);

/// Appends the sealed chunk. All but the last hold kChunk octets.
void seal_chunk(const crypto::AeadKey& key, uint32_t index, bool last, BytesView plain, Bytes& out);
/// Appends the plain octets; false when it is damaged or stands in the wrong place.
bool open_chunk(const crypto::AeadKey& key, uint32_t index, bool last, BytesView sealed, Bytes& out);

}  // namespace postern::mail
