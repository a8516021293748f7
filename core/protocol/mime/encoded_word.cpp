#include "protocol/mime/encoded_word.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"
#include "protocol/mime/charset.h"
#include "protocol/mime/transfer.h"

namespace postern::mime {
namespace {

constexpr size_t kCharsetLimit = 64;  // octets of a charset's name
constexpr std::string_view kPrefixQ = "=?UTF-8?Q?";
constexpr std::string_view kPrefixB = "=?UTF-8?B?";
constexpr std::string_view kSuffix = "?=";
constexpr size_t kFrame = kPrefixQ.size() + kSuffix.size();
constexpr size_t kRoom = kEncodedWordLimit - kFrame;

struct Word {
  std::string_view charset;
  char encoding = 0;  ///< 'b' or 'q'
  std::string_view text;
  size_t length = 0;  ///< of the whole encoded word; 0 when there is none
};

/// The encoded word that `text` begins with: =?charset[*language]?encoding?encoded-text?=
Word read_word(std::string_view text) {
  if (!text.starts_with("=?")) return {};
  const size_t first = text.substr(0, 2 + kCharsetLimit + 1).find('?', 2);
  if (first == std::string_view::npos || first == 2 || first + 2 >= text.size() || text[first + 2] != '?') return {};
  const char encoding = ascii_lower(text[first + 1]);
  if (encoding != 'b' && encoding != 'q') return {};
  const size_t begin = first + 3;
  const size_t end = text.find('?', begin);
  if (end == std::string_view::npos || end + 1 >= text.size() || text[end + 1] != '=') return {};
  const std::string_view charset = text.substr(2, first - 2);
  // RFC 2231 section 5: a language may follow the charset.
  return {charset.substr(0, charset.find('*')), encoding, text.substr(begin, end - begin), end + 2};
}

std::string decode_q(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '_', ' ');
  // No line ends here, so nothing is held back for long; trailing blanks are content.
  std::string out;
  QuotedPrintableDecoder decoder;
  decoder.feed(spaced, out);
  decoder.finish(out);
  return out;
}

bool all_space(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_blank(c) || c == '\r' || c == '\n'; });
}

/// Collects the octets of neighbouring words of one charset before they are converted.
class Gathering {
 public:
  explicit Gathering(std::string& out) : out_(out) {}
  void add(const Word& word) {
    if (!equal_ignoring_case(word.charset, charset_)) flush();
    charset_ = word.charset;
    octets_ += word.encoding == 'b' ? decode_base64(word.text) : decode_q(word.text);
  }
  void flush() {
    if (!octets_.empty()) append_utf8(charset_, octets_, out_);
    octets_.clear();
  }

 private:
  std::string& out_;
  std::string_view charset_;
  std::string octets_;
};

bool is_plain_q(char c) {
  // RFC 2047 section 5, rule 3: what may stand in a phrase.
  return is_alpha(c) || is_digit(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

void append_q(std::string_view character, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (char c : character) {
    const auto octet = static_cast<uint8_t>(c);
    if (c == ' ') {
      out.push_back('_');
    } else if (is_plain_q(c)) {
      out.push_back(c);
    } else {
      out.push_back('=');
      out.push_back(kDigits[octet >> 4]);
      out.push_back(kDigits[octet & 15]);
    }
  }
}

std::vector<std::string> encode_q(std::string_view text, size_t room) {
  std::vector<std::string> words;
  std::string payload;
  std::string character;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    character.clear();
    append_q(text.substr(0, length), character);
    text.remove_prefix(length);
    if (payload.size() + character.size() > room) {
      words.push_back(std::string(kPrefixQ) + payload + std::string(kSuffix));
      payload.clear();
      room = kRoom;
    }
    payload += character;
  }
  if (!payload.empty()) words.push_back(std::string(kPrefixQ) + payload + std::string(kSuffix));
  return words;
}

std::vector<std::string> encode_b(std::string_view text, size_t room) {
  std::vector<std::string> words;
  while (!text.empty()) {
    size_t taken = 0;
    while (taken < text.size()) {
      const size_t length = utf8_length(text.substr(taken));
      if (taken + length > room / 4 * 3) break;
      taken += length;
    }
    words.push_back(std::string(kPrefixB) + base64(as_bytes(text.substr(0, taken))) + std::string(kSuffix));
    text.remove_prefix(taken);
    room = kRoom;
  }
  return words;
}

/// RFC 2047 section 4: Q when most characters are ASCII, so that they can be read as they stand.
bool mostly_ascii(std::string_view utf8) {
  size_t characters = 0;
  size_t ascii = 0;
  for (char c : utf8) {
    const auto octet = static_cast<uint8_t>(c);
    characters += (octet & 0xc0) != 0x80 ? 1 : 0;
    ascii += octet < 0x80 ? 1 : 0;
  }
  return ascii * 2 >= characters;
}

}  // namespace

std::string decode_words(std::string_view text) {
  std::string out;
  Gathering gathering(out);
  bool after_word = false;
  size_t plain = 0;  // where the text that is no encoded word begins
  for (size_t at = text.find("=?"); at != std::string_view::npos; at = text.find("=?", at)) {
    const Word word = read_word(text.substr(at));
    if (word.length == 0) {
      at += 2;
      continue;
    }
    const std::string_view between = text.substr(plain, at - plain);
    if (!after_word || !all_space(between)) {
      gathering.flush();
      out += to_utf8(between);
    }
    gathering.add(word);
    after_word = true;
    at += word.length;
    plain = at;
  }
  gathering.flush();
  return out + to_utf8(text.substr(plain));
}

std::vector<std::string> encode_words(std::string_view utf8, size_t first) {
  std::string converted;
  if (!is_utf8(utf8)) {
    append_utf8("windows-1252", utf8, converted);
    utf8 = converted;
  }
  const size_t room = std::clamp(first, kFirstWordFloor, kEncodedWordLimit) - kFrame;
  return mostly_ascii(utf8) ? encode_q(utf8, room) : encode_b(utf8, room);
}

}  // namespace postern::mime
