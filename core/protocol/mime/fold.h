// Writes one header field, folded: RFC 5322 section 2.2.3; lines with encoded words stay within 76 octets (RFC 2047
// section 2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::mime {

class FieldWriter {
 public:
  /// Writes "name:".
  FieldWriter(std::string_view name, std::string& out);
  /// ASCII text as it is; a line end may come in before white space. Line ends in `text` are left out.
  void text(std::string_view text);
  /// A piece that must not be cut, with a blank or a fold before it (none behind an opening parenthesis).
  void piece(std::string_view piece);
  void pieces(const std::vector<std::string>& pieces);
  /// How long a piece may be to stay on this line; a whole line's room when little is left.
  size_t room() const;
  /// Ends the field.
  void end();

 private:
  void word(std::string_view blanks, std::string_view word);

  std::string& out_;
  size_t column_;
  bool on_line_ = false;  ///< something but white space stands on this line
};

}  // namespace postern::mime
