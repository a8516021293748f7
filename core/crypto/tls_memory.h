// The BIO between OpenSSL and the spans of the current call. Private to core/crypto.
#pragma once

#include <openssl/bio.h>

#include "base/bytes.h"

namespace postern::crypto {

/// Where reads come from and writes go to; set only while a call is under way.
struct MemoryPair {
  BytesView* in = nullptr;
  Bytes* out = nullptr;
};

/// Lends the spans of one call.
class MemoryUse {
 public:
  MemoryUse(MemoryPair& pair, BytesView& in, Bytes& out) : pair_(pair) { pair_ = {&in, &out}; }
  ~MemoryUse() { pair_ = {}; }
  MemoryUse(const MemoryUse&) = delete;
  MemoryUse& operator=(const MemoryUse&) = delete;

 private:
  MemoryPair& pair_;
};

/// A BIO over `pair`, which must outlive it.
BIO* make_memory_bio(MemoryPair* pair);

}  // namespace postern::crypto
