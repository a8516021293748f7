#include "protocol/mime/address_list.h"

#include "base/text.h"
#include "protocol/mime/charset.h"
#include "protocol/mime/encoded_word.h"
#include "protocol/mime/header.h"

namespace postern::mime {
namespace {

/// A word of an addr-spec goes on with it, or begins a new one: "John Doe john@example.org" without brackets.
bool continues(const std::string& address, std::string_view word, bool gap) {
  if (!gap || address.empty()) return true;
  return address.ends_with('@') || address.ends_with('.') || word.starts_with('.') || word.starts_with('@');
}

Address make_address(const AddressElement& element, const std::string& group) {
  Address out;
  out.address = to_utf8(element.address);
  out.group = group;
  if (element.angle) out.name = std::string(trim(decode_words(element.phrase)));
  if (out.name.empty() && !element.comments.empty())
    out.name = std::string(trim(decode_words(element.comments.back())));
  return out;
}

}  // namespace

bool AddressScanner::ends(const Token& token, const AddressElement& element) {
  if (token.kind == Token::Kind::end) return true;
  if (token.kind != Token::Kind::special) return false;
  // A colon in brackets ends a source route; a comma does not, unless the bracket was never closed (RFC 5322
  // section 4.4).
  if (in_angle_)
    return token.is(';') || (token.is(',') && !element.address.empty() && !element.address.starts_with('@'));
  return token.is(',') || token.is(';') || token.is(':');
}

bool AddressScanner::next(AddressElement& element) {
  element = {};
  if (ended_) return false;
  in_angle_ = gap_ = false;
  const size_t begin = text_.size() - lexer_.rest().size();
  for (;;) {
    const size_t at = text_.size() - lexer_.rest().size();
    const Token token = lexer_.next();
    if (!ends(token, element)) {
      take(token, element);
      continue;
    }
    element.raw = text_.substr(begin, at - begin);
    ended_ = token.kind == Token::Kind::end;
    element.separator = ended_ ? '\0' : token.text.front();
    return !ended_ || !element.raw.empty();
  }
}

void AddressScanner::take(const Token& token, AddressElement& element) {
  if (token.kind == Token::Kind::blank) {
    gap_ = true;
  } else if (token.kind == Token::Kind::comment) {
    element.comments.push_back(unquote(token.text));
  } else if (in_angle_) {
    take_angle(token, element);
  } else if (token.is('<')) {
    in_angle_ = element.angle = true;
    element.address.clear();
  } else {
    take_word(token, element);
    gap_ = false;
  }
}

void AddressScanner::take_angle(const Token& token, AddressElement& element) {
  if (token.is('>'))
    in_angle_ = false;
  else if (token.is(':'))
    element.address.clear();  // what stood before was a source route: obsolete, and to be ignored
  else if (!token.is('<'))
    element.address += token.text;
}

void AddressScanner::take_word(const Token& token, AddressElement& element) {
  if (token.is('>') || token.is(')') || token.is(']')) return;
  if (!element.angle) {
    if (!continues(element.address, token.text, gap_)) {
      // Behind a complete address other words are noise; before it they are a name.
      if (element.address.find('@') == std::string::npos) element.address.clear();
    }
    if (continues(element.address, token.text, gap_)) element.address += token.text;
  }
  if (element.angle) return;
  if (gap_ && !element.phrase.empty()) element.phrase += ' ';
  element.phrase += token.kind == Token::Kind::quoted ? unquote(token.text) : std::string(token.text);
}

std::vector<Address> parse_address_list(std::string_view text) {
  std::vector<Address> out;
  std::string group;
  AddressScanner scanner(text);
  AddressElement element;
  while (out.size() < kAddressLimit && scanner.next(element)) {
    if (element.is_group_name() && !element.angle) {
      group = std::string(trim(decode_words(element.phrase)));
      continue;
    }
    if (!element.address.empty()) out.push_back(make_address(element, group));
    if (element.separator == ';') group.clear();
  }
  return out;
}

}  // namespace postern::mime
