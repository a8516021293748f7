#include "protocol/mime/address.h"

#include <algorithm>
#include <array>

#include "base/ip_address.h"
#include "base/text.h"

namespace postern::mime {
namespace {

constexpr size_t kLabelLimit = 63;  // octets, RFC 1035 section 2.3.4
constexpr std::string_view kAtextSpecials = "!#$%&'*+-/=?^_`{|}~";
constexpr std::string_view kIpv6Tag = "IPv6:";

bool is_8bit(char c) {
  return static_cast<unsigned char>(c) > 127;
}

std::array<bool, 256> make_atext() {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 128; ++c) {
    const char letter = static_cast<char>(c);
    table[c] = is_alpha(letter) || is_digit(letter) || kAtextSpecials.find(letter) != std::string_view::npos;
  }
  return table;
}

/// RFC 5322 section 3.2.3; RFC 6531 section 3.3 adds UTF-8 (its validity is checked once, for the whole text).
bool is_atext(char c, bool utf8) {
  static const std::array<bool, 256> kTable = make_atext();
  return is_8bit(c) ? utf8 : kTable[static_cast<unsigned char>(c)];
}

/// Dot-string = Atom *("." Atom)
bool is_dot_string(std::string_view text, bool utf8) {
  bool atom = false;
  for (const char c : text) {
    if (c == '.' && !atom) return false;
    if (c != '.' && !is_atext(c, utf8)) return false;
    atom = c != '.';
  }
  return atom;
}

/// The octets of a Quoted-string up to its closing quote, unquoted; `text` is moved behind it.
std::optional<std::string> take_quoted(std::string_view& text, bool utf8) {
  std::string out;
  for (size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    const bool pair = c == '\\';
    if (pair && ++i == text.size()) return std::nullopt;
    c = text[i];
    // qtextSMTP and quoted-pairSMTP: no control octets, so nothing that could break a line or a header.
    if (is_8bit(c) ? (!utf8 || pair) : (c < 32 || c == 127)) return std::nullopt;
    out.push_back(c);
  }
  return std::nullopt;
}

/// Let-dig [Ldh-str], or UTF-8.
bool is_label(std::string_view label, bool utf8) {
  if (label.empty() || label.size() > kLabelLimit || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [utf8](char c) { return is_8bit(c) ? utf8 : is_alpha(c) || is_digit(c) || c == '-'; });
}

}  // namespace

std::string Mailbox::to_string() const {
  if (is_dot_string(local_part, true)) return local_part + "@" + domain;
  std::string out = "\"";
  for (const char c : local_part) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"@" + domain;
}

std::optional<Mailbox> parse_mailbox(std::string_view text, bool utf8) {
  if (text.empty() || text.size() > kPathLimit || (utf8 && !is_utf8(text))) return std::nullopt;
  const std::string_view whole = text;
  Mailbox out;
  if (text.front() == '"') {
    std::optional<std::string> local = take_quoted(text, utf8);
    if (!local || text.empty() || text.front() != '@') return std::nullopt;
    out.local_part = std::move(*local);
  } else {
    const size_t at = std::min(text.find('@'), text.size());
    if (at == text.size() || !is_dot_string(text.substr(0, at), utf8)) return std::nullopt;
    out.local_part = text.substr(0, at);
    text.remove_prefix(at);
  }
  if (whole.size() - text.size() > kLocalPartLimit) return std::nullopt;
  text.remove_prefix(1);
  const bool literal = is_address_literal(text);
  if (!literal && !is_domain(text, utf8)) return std::nullopt;
  out.domain = literal ? std::string(text) : to_lower(text);
  return out;
}

bool is_domain(std::string_view text, bool utf8) {
  if (text.size() > kDomainLimit || (utf8 && !is_utf8(text))) return false;
  for (;;) {
    const size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot), utf8)) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_address_literal(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  const bool v6 = starts_with_ignoring_case(text, kIpv6Tag);
  if (v6) text.remove_prefix(kIpv6Tag.size());
  if (v6 != (text.find(':') != std::string_view::npos)) return false;
  return IpAddress::parse(text).has_value();
}

}  // namespace postern::mime
