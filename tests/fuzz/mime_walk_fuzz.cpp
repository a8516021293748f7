// Whole messages: the parts lie inside their parents, in order; what describe() says is UTF-8; decoders agree however
// they are fed.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "protocol/mime/describe.h"
#include "protocol/mime/walk.h"

using namespace postern;
using namespace postern::mime;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void check_walk(std::string_view text) {
  const Walk walked = walk(text);
  require(!walked.parts.empty() && walked.parts.size() <= WalkLimits().parts);
  std::vector<uint32_t> children(walked.parts.size(), 0);
  for (size_t i = 0; i < walked.parts.size(); ++i) {
    const Part& part = walked.parts[i];
    require(inside(part.header, text) && inside(part.body, text));
    require(part.body.data() >= part.header.data() + part.header.size());
    require(part.depth < WalkLimits().depth + 1);
    require((i == 0) == (part.parent == SIZE_MAX));
    if (i == 0) continue;
    require(part.parent < i && inside(part.body, walked.parts[part.parent].body));
    ++children[part.parent];
  }
  for (size_t i = 0; i < walked.parts.size(); ++i) require(children[i] == walked.parts[i].children);
}

void check_decoders(std::string_view text) {
  std::string base64;
  std::string quoted;
  Base64Decoder base64_decoder;
  QuotedPrintableDecoder quoted_decoder;
  for (size_t at = 0; at < text.size(); at += 3) {
    base64_decoder.feed(text.substr(at, 3), base64);
    quoted_decoder.feed(text.substr(at, 3), quoted);
  }
  quoted_decoder.finish(quoted);
  require(base64 == decode_base64(text) && base64.size() <= text.size());
  require(quoted == decode_transfer(Transfer::quoted_printable, text) && quoted.size() <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_walk(text);
  check_decoders(text);
  const Description described = describe({data, size}, [](BytesView octets) { return std::to_string(octets.size()); });
  require(is_utf8(described.subject) && is_utf8(described.message_id));
  for (const std::string& address : described.from) require(is_utf8(address));
  for (const DescribedPart& part : described.parts) {
    require(is_utf8(part.type) && is_utf8(part.charset) && is_utf8(part.filename) && is_utf8(part.disposition));
    require(part.digest == std::to_string(part.size) && part.size <= size);
  }
  return 0;
}
