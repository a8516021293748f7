// Encoded words: RFC 2047. Reading is tolerant, writing is strict. Pure functions, linear time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::mime {

constexpr size_t kEncodedWordLimit = 75;  ///< octets of one encoded word, RFC 2047 section 2
constexpr size_t kFirstWordFloor = 24;

/// Text with its encoded words decoded, as UTF-8. White space between two encoded words goes away; a character that two
/// words of one charset share comes out whole. Raw 8-bit text is kept when it is UTF-8. What is no encoded word stays.
std::string decode_words(std::string_view text);

/// UTF-8 text as encoded words that may stand anywhere (RFC 2047 section 5, the narrow set of rule 3), each within the
/// limit and made of whole characters; the first one within `first` octets (at least kFirstWordFloor), to fit on a line
/// that has been begun. Text that is not valid UTF-8 is taken octet by octet as windows-1252.
std::vector<std::string> encode_words(std::string_view utf8, size_t first = kEncodedWordLimit);

}  // namespace postern::mime
