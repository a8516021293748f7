#include "protocol/mime/charset.h"

#include <array>
#include <cstdint>

#include "base/text.h"

namespace postern::mime {
namespace {

/// windows-1252 from 0x80 to 0x9f; 0 where nothing is assigned.
constexpr std::array<uint16_t, 32> kWindows1252{0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                                0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
                                                0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                                0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

enum class Known : uint8_t { none, ascii, utf8, windows1252 };

Known known(std::string_view charset) {
  constexpr std::array<std::string_view, 4> kAscii{"us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us"};
  constexpr std::array<std::string_view, 3> kUtf8{"utf-8", "utf8", "unicode-1-1-utf-8"};
  constexpr std::array<std::string_view, 8> kLatin{"iso-8859-1", "iso8859-1", "iso_8859-1",   "latin1",
                                                   "latin-1",    "l1",        "windows-1252", "cp1252"};
  for (std::string_view name : kAscii)
    if (equal_ignoring_case(charset, name)) return Known::ascii;
  for (std::string_view name : kUtf8)
    if (equal_ignoring_case(charset, name)) return Known::utf8;
  for (std::string_view name : kLatin)
    if (equal_ignoring_case(charset, name)) return Known::windows1252;
  return Known::none;
}

void append_valid_utf8(std::string_view octets, std::string& out) {
  while (!octets.empty()) {
    const size_t length = utf8_length(octets);
    out += length == 0 ? kReplacement : octets.substr(0, length);
    octets.remove_prefix(length == 0 ? 1 : length);
  }
}

void append_windows1252(std::string_view octets, std::string& out) {
  for (char c : octets) {
    const auto octet = static_cast<uint8_t>(c);
    if (octet < 0x80) {
      out.push_back(c);
    } else if (octet >= 0xa0) {
      append_code_point(octet, out);
    } else if (const uint16_t code = kWindows1252[octet - 0x80]; code != 0) {
      append_code_point(code, out);
    } else {
      out += kReplacement;
    }
  }
}

/// ASCII stays, each run of other octets becomes one replacement.
void append_ascii(std::string_view octets, std::string& out) {
  bool replaced = false;
  for (char c : octets) {
    const bool plain = static_cast<uint8_t>(c) < 0x80;
    if (plain)
      out.push_back(c);
    else if (!replaced)
      out += kReplacement;
    replaced = !plain;
  }
}

}  // namespace

size_t utf8_length(std::string_view text) {
  // is_utf8 knows the rule; a sequence is at most four octets.
  if (text.empty()) return 0;
  const auto first = static_cast<uint8_t>(text.front());
  const size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return length <= text.size() && is_utf8(text.substr(0, length)) ? length : 0;
}

void append_code_point(uint32_t code, std::string& out) {
  const auto put = [&](uint32_t octet) { out.push_back(static_cast<char>(octet)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | (code >> 6));
    put(0x80 | (code & 63));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12));
    put(0x80 | ((code >> 6) & 63));
    put(0x80 | (code & 63));
  } else {
    put(0xf0 | (code >> 18));
    put(0x80 | ((code >> 12) & 63));
    put(0x80 | ((code >> 6) & 63));
    put(0x80 | (code & 63));
  }
}

bool append_utf8(std::string_view charset, std::string_view octets, std::string& out) {
  switch (known(charset)) {
    case Known::ascii:
    case Known::utf8:
      // Much that calls itself US-ASCII is UTF-8; what is not becomes U+FFFD either way.
      append_valid_utf8(octets, out);
      return true;
    case Known::windows1252:
      append_windows1252(octets, out);
      return true;
    case Known::none:
      break;
  }
  append_ascii(octets, out);
  return false;
}

std::string to_utf8(std::string_view octets) {
  std::string out;
  out.reserve(octets.size());
  append_valid_utf8(octets, out);
  return out;
}

}  // namespace postern::mime
