// ASCII and UTF-8 helpers that know no locale. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern {

inline char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// Lower-cases A-Z only; octets above 127 stay.
std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
/// Without blanks and tabs at either end.
std::string_view trim(std::string_view text);
/// Behind the first CRLF, or npos: an LF alone ends no line. `after_cr`: the octets before these ended in CR; it is
/// kept for the next ones.
size_t end_of_crlf_line(std::string_view octets, bool& after_cr);
std::vector<std::string_view> split(std::string_view text, char separator);
bool is_ascii(std::string_view text);
/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);
/// Octets outside printable ASCII become "\xNN"; the result is cut to `limit` octets with "..." behind.
std::string printable(std::string_view text, size_t limit = 256);

}  // namespace postern
