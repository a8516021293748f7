// RFC 2047: reading gives UTF-8 whatever comes; what is written reads back the same and keeps to its bounds.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "protocol/mime/charset.h"
#include "protocol/mime/encoded_word.h"

using namespace postern;
using namespace postern::mime;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  require(is_utf8(decode_words(text)));
  const std::string utf8 = to_utf8(text);
  require(is_utf8(utf8) && (!is_utf8(text) || utf8 == text));
  const size_t first = data[0] % (kEncodedWordLimit + 1);
  std::string joined;
  for (const std::string& word : encode_words(utf8, first)) {
    require(word.size() <= (joined.empty() ? std::max(first, kFirstWordFloor) : kEncodedWordLimit));
    require(is_ascii(word) && word.find_first_of(" \t\r\n\"(),.:;<>@[\\]") == std::string::npos);
    joined += (joined.empty() ? "" : "\r\n ") + word;
  }
  require(decode_words(joined) == utf8);
  return 0;
}
