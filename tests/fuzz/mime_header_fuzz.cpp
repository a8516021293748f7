// Header blocks, address lists, parameters, dates: any octets. The fields make up the block; what is read is UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "protocol/mime/address_list.h"
#include "protocol/mime/date.h"
#include "protocol/mime/header.h"
#include "protocol/mime/parameters.h"

using namespace postern;
using namespace postern::mime;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_block(std::string_view text) {
  const Header header = read_header(text);
  require(header.end <= text.size());
  const char* at = text.data();
  for (const Field& field : header.fields) {
    require(field.raw.data() >= at && !field.name.empty());
    require(field.raw.starts_with(field.name) && field.raw.find(field.value) != std::string_view::npos);
    at = field.raw.data() + field.raw.size();
  }
  require(at <= text.data() + header.end);
  if (header.blank_line) require(chomp(text.substr(0, header.end)).size() < header.end);
}

void check_tokens(std::string_view text) {
  Lexer lexer(text);
  size_t length = 0;
  for (Token token = lexer.next(); token.kind != Token::Kind::end; token = lexer.next()) {
    require(!token.text.empty());
    length += token.text.size();
  }
  require(length == text.size());
}

void check_addresses(std::string_view text) {
  for (const Address& address : parse_address_list(text))
    require(is_utf8(address.address) && is_utf8(address.name) && is_utf8(address.group) && !address.address.empty());
  AddressScanner scanner(text);
  AddressElement element;
  size_t length = 0;
  while (scanner.next(element)) length += element.raw.size() + (element.separator != '\0' ? 1 : 0);
  require(length == text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_block(text);
  check_tokens(text);
  check_addresses(text);
  for (const Parameter& parameter : parse_parameters(read_parameters(text))) require(is_utf8(parameter.value));
  parse_date(text);
  require(unfold(text).find_first_of("\r\n") == std::string::npos);
  return 0;
}
