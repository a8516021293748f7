#include "protocol/mime/lexer.h"

#include "base/text.h"

namespace postern::mime {
namespace {

constexpr std::string_view kSpecials = "()<>[]:;@,";

bool is_space(char c) {
  return is_blank(c) || c == '\r' || c == '\n';
}
bool is_special(char c) {
  return kSpecials.find(c) != std::string_view::npos;
}

/// Length of a text that ends in an unescaped `close`, or of all of it. Open delimiters nest when `open` is given.
size_t delimited(std::string_view text, char open, char close) {
  size_t depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == close && (open == close ? i > 0 : depth == 1)) {
      return i + 1;
    } else if (text[i] == open) {
      ++depth;
    } else if (text[i] == close) {
      --depth;
    }
  }
  return text.size();
}

}  // namespace

Token Lexer::take(Token::Kind kind, size_t length) {
  const Token token{kind, rest_.substr(0, length)};
  rest_.remove_prefix(length);
  return token;
}

Token Lexer::next() {
  if (rest_.empty()) return {};
  const char first = rest_.front();
  if (first == '(') return take(Token::Kind::comment, delimited(rest_, '(', ')'));
  if (first == '"') return take(Token::Kind::quoted, delimited(rest_, '"', '"'));
  if (first == '[') return take(Token::Kind::literal, delimited(rest_, '[', ']'));
  if (is_special(first)) return take(Token::Kind::special, 1);
  size_t length = 1;
  if (is_space(first)) {
    while (length < rest_.size() && is_space(rest_[length])) ++length;
    return take(Token::Kind::blank, length);
  }
  while (length < rest_.size() && !is_space(rest_[length]) && !is_special(rest_[length]) && rest_[length] != '"')
    ++length;
  return take(Token::Kind::word, length);
}

std::string unquote(std::string_view text) {
  if (text.empty()) return {};
  const char close = text.front() == '(' ? ')' : text.front();
  text.remove_prefix(1);
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() && text[i] == close) break;
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    if (text[i] != '\r' && text[i] != '\n') out.push_back(text[i]);
  }
  return out;
}

std::string first_word(std::string_view field_value) {
  Lexer lexer(field_value);
  for (Token token = lexer.next(); token.kind != Token::Kind::end; token = lexer.next()) {
    if (token.kind == Token::Kind::word) return std::string(token.text);
    if (token.kind == Token::Kind::quoted) return unquote(token.text);
    if (token.kind == Token::Kind::special) break;
  }
  return {};
}

}  // namespace postern::mime
