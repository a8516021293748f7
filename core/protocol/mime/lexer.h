// Lexical tokens of structured fields: RFC 5322 section 3.2, RFC 6532. Comments nest without recursion; what is left
// open reaches to the end of the field. Linear time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::mime {

struct Token {
  enum class Kind : uint8_t {
    end,
    blank,    ///< white space and line ends
    word,     ///< a run of anything else; a dot belongs to it
    quoted,   ///< "..." with its quotes
    comment,  ///< (...) with its parentheses
    literal,  ///< [...] with its brackets
    special,  ///< one of ( ) < > [ ] : ; @ ,
  };
  Kind kind = Kind::end;
  std::string_view text;

  bool is(char special) const { return kind == Kind::special && text.front() == special; }
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) {}
  Token next();
  /// What has not been read yet.
  std::string_view rest() const { return rest_; }

 private:
  Token take(Token::Kind kind, size_t length);
  std::string_view rest_;
};

/// The content of a quoted string or comment: delimiters, backslashes and line ends taken out.
std::string unquote(std::string_view text);
/// The first word of a field value, comments and white space passed over; empty when there is none.
std::string first_word(std::string_view field_value);

}  // namespace postern::mime
