// RFC 6857: a rewritten block is ASCII, keeps its ASCII fields octet for octet and has as many fields as before.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "protocol/mime/downgrade.h"
#include "protocol/mime/header.h"

using namespace postern;
using namespace postern::mime;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// As a session finds it: CRLF line ends, up to and with the blank line.
std::string stored_block(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n')
      out += "\r\n";
    else if (c != '\r' && c != '\0')
      out += c;
    if (out.ends_with("\r\n\r\n") || out == "\r\n") break;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string block = stored_block({reinterpret_cast<const char*>(data), size});
  const std::optional<std::string> rewritten = downgrade_header(block);
  require(rewritten.has_value() == (!is_ascii(block) && is_utf8(block)));
  if (!rewritten) return 0;
  require(is_ascii(*rewritten));
  require(!has_utf8_in_structured(*rewritten) && !downgrade_header(*rewritten));
  require(block.ends_with("\r\n\r\n") == rewritten->ends_with("\r\n\r\n"));
  const Header before = read_header(block);
  const Header after = read_header(*rewritten);
  if (before.defective || !before.blank_line) return 0;
  require(after.blank_line && after.end == rewritten->size());
  require(before.fields.size() == after.fields.size());
  for (size_t i = 0; i < before.fields.size(); ++i)
    if (is_ascii(before.fields[i].raw)) require(before.fields[i].raw == after.fields[i].raw);
  return 0;
}
