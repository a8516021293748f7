// Stored chunks: whatever is not what was sealed there is refused.
#include <cstdint>
#include <cstdlib>

#include "mail/blob_format.h"

using namespace postern;
using namespace postern::mail;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const crypto::AeadKey key{1, 2, 3};
  const uint32_t index = data[0];
  const bool last = (data[1] & 1) != 0;
  const BytesView rest(data + 2, size - 2);
  Bytes plain;
  require(!open_chunk(key, index, last, rest, plain));  // nobody makes a seal by chance
  if (rest.size() > kChunk) return 0;
  Bytes sealed;
  seal_chunk(key, index, last, rest, sealed);
  plain.clear();
  require(open_chunk(key, index, last, sealed, plain) && as_text(plain) == as_text(rest));
  require(!open_chunk(key, index + 1, last, sealed, plain));
  require(!open_chunk(key, index, !last, sealed, plain));
  sealed[data[1] % sealed.size()] ^= 1;
  require(!open_chunk(key, index, last, sealed, plain));
  return 0;
}
