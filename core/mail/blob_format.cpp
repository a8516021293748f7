#include "mail/blob_format.h"

namespace postern::mail {
namespace {

// The key is used for one message only, so index and end mark are all that has to differ.
crypto::AeadNonce nonce_of(uint32_t index, bool last) {
  crypto::AeadNonce out{};
  for (size_t i = 0; i < 4; ++i) out[7 + i] = static_cast<uint8_t>(index >> (24 - 8 * i));
  out[11] = last ? 1 : 0;
  return out;
}

}  // namespace

uint32_t chunk_count(uint64_t size) {
  return size == 0 ? 1 : static_cast<uint32_t>((size + kChunk - 1) / kChunk);
}

uint64_t sealed_size(uint64_t size) {
  return size + uint64_t{chunk_count(size)} * crypto::kAeadTagSize;
}

void seal_chunk(const crypto::AeadKey& key, uint32_t index, bool last, BytesView plain, Bytes& out) {
  crypto::aead_seal(key, nonce_of(index, last), {}, plain, out);
}

bool open_chunk(const crypto::AeadKey& key, uint32_t index, bool last, BytesView sealed, Bytes& out) {
  return crypto::aead_open(key, nonce_of(index, last), {}, sealed, out);
}

}  // namespace postern::mail
