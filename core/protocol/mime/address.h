// Mail addresses: RFC 5321 section 4.1.2 paths and mailboxes, RFC 6531 section 3.3 for UTF-8. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::mime {

/// A mailbox "local-part@domain". The local part stands unquoted ("bob smith"); the domain in lower case, a literal
/// with its brackets.
struct Mailbox {
  std::string local_part;
  std::string domain;

  /// With quotes where RFC 5321 wants them.
  std::string to_string() const;
  bool operator==(const Mailbox&) const = default;
};

constexpr size_t kLocalPartLimit = 64;  ///< octets, RFC 5321 section 4.5.3.1.1
constexpr size_t kDomainLimit = 255;
constexpr size_t kPathLimit = 256;

/// Strict: dot-string or quoted-string, domain or address literal; UTF-8 only when `utf8`.
std::optional<Mailbox> parse_mailbox(std::string_view text, bool utf8);
/// RFC 5321 Domain (letters, digits, hyphens, dots; no empty or over-long label), UTF-8 labels when `utf8`. No literal.
bool is_domain(std::string_view text, bool utf8);
/// "[192.0.2.1]", "[IPv6:2001:db8::1]".
bool is_address_literal(std::string_view text);

}  // namespace postern::mime
