// Address lists of header fields: RFC 5322 section 3.4 with the obsolete forms, RFC 6532, RFC 6854. Takes what is found
// in the wild; positions are kept for the downgrading. Pure functions, linear time. Strict parsing of one mailbox:
// address.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/mime/lexer.h"

namespace postern::mime {

constexpr size_t kAddressLimit = 10'000;  ///< addresses taken from one field

/// One entry of a list as it stands.
struct AddressElement {
  std::string_view raw;               ///< with white space, without the separator behind it
  std::string phrase;                 ///< what stands before '<' (or ':'), words unquoted, one blank between them
  std::string address;                ///< in '<' and '>', or the bare addr-spec; white space and comments taken out
  std::vector<std::string> comments;  ///< without parentheses
  bool angle = false;
  char separator = 0;  ///< ',' ';' or ':' (the phrase is a group's name), 0 at the end

  bool is_group_name() const { return separator == ':'; }
};

/// Walks through a list element by element.
class AddressScanner {
 public:
  explicit AddressScanner(std::string_view text) : lexer_(text), text_(text) {}
  bool next(AddressElement& element);
  /// What has not been read yet.
  std::string_view rest() const { return lexer_.rest(); }

 private:
  void take(const Token& token, AddressElement& element);
  void take_angle(const Token& token, AddressElement& element);
  void take_word(const Token& token, AddressElement& element);
  bool ends(const Token& token, const AddressElement& element);

  Lexer lexer_;
  std::string_view text_;
  bool in_angle_ = false;
  bool gap_ = false;  ///< white space or a comment before this token
  bool ended_ = false;
};

/// An address with its decoded name.
struct Address {
  std::string name;     ///< display name, else the last comment; UTF-8
  std::string address;  ///< "local@domain" as it stands, quotes and case kept; may lack the '@' when the field does
  std::string group;    ///< name of the group it stands in

  bool operator==(const Address&) const = default;
};

std::vector<Address> parse_address_list(std::string_view text);

}  // namespace postern::mime
