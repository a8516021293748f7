// Octets of a named charset to UTF-8: UTF-8, US-ASCII, ISO-8859-1 and windows-1252. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace postern::mime {

/// U+FFFD, which stands for what cannot be read.
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

/// Appends `octets` as UTF-8. False for a charset that is not known: then ASCII is kept and each run of other octets
/// becomes one U+FFFD. Octets that are wrong in a known charset become U+FFFD too. ISO-8859-1 is read as windows-1252,
/// as every mail reader does.
bool append_utf8(std::string_view charset, std::string_view octets, std::string& out);

/// Raw text of no declared charset: UTF-8 when it is valid, else U+FFFD for what is not.
std::string to_utf8(std::string_view octets);

/// Appends one code point.
void append_code_point(uint32_t code, std::string& out);

/// Length of the well-formed UTF-8 sequence at the beginning of `text`, 0 when there is none.
size_t utf8_length(std::string_view text);

}  // namespace postern::mime
