#include "protocol/mime/transfer.h"

#include <array>

#include "base/text.h"
#include "protocol/mime/lexer.h"

namespace postern::mime {
namespace {

constexpr size_t kBlankLimit = 4096;  // white space held back before a line end; a longer run is content

constexpr std::array<int8_t, 256> make_table() {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (size_t i = 0; i < kDigits.size(); ++i) table[static_cast<uint8_t>(kDigits[i])] = static_cast<int8_t>(i);
  return table;
}
constexpr auto kTable = make_table();

bool is_white(char c) {
  return is_blank(c) || c == '\r';
}

}  // namespace

Transfer transfer_of(std::string_view field_value) {
  const std::string word = first_word(field_value);
  for (std::string_view name : {"", "7bit", "8bit", "binary"})
    if (equal_ignoring_case(word, name)) return Transfer::identity;
  if (equal_ignoring_case(word, "base64")) return Transfer::base64;
  if (equal_ignoring_case(word, "quoted-printable")) return Transfer::quoted_printable;
  return Transfer::unknown;
}

void Base64Decoder::feed(std::string_view text, std::string& out) {
  for (char c : text) {
    const int value = kTable[static_cast<uint8_t>(c)];
    if (value >= 0) {
      group_ = (group_ << 6) | static_cast<uint32_t>(value);
      if (++digits_ < 2) continue;
      // Octets come out as soon as they are whole, so a cut-off group loses nothing.
      const unsigned spare = 6 * digits_ - 8 * (digits_ - 1);
      out.push_back(static_cast<char>((group_ >> spare) & 0xff));
      if (digits_ == 4) digits_ = 0;
    } else if (c == '=') {
      digits_ = 0;
    }
  }
}

std::string decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  Base64Decoder().feed(text, out);
  return out;
}

void QuotedPrintableDecoder::take_escape(char c, std::string& out) {
  const auto digit = [](char h) {
    return is_digit(h) ? h - '0' : ascii_lower(h) >= 'a' && ascii_lower(h) <= 'f' ? ascii_lower(h) - 'a' + 10 : -1;
  };
  if (c == '\n') {
    escape_.clear();  // a soft line break, white space behind the '=' or not
    return;
  }
  const bool open = escape_.size() == 1 || is_white(escape_.back());
  if (is_white(c) && open && escape_.size() < kBlankLimit) {
    escape_ += c;
    return;
  }
  if (digit(c) >= 0 && escape_.size() == 1) {
    escape_ += c;
    return;
  }
  if (digit(c) >= 0 && escape_.size() == 2 && digit(escape_[1]) >= 0) {
    out.push_back(static_cast<char>(digit(escape_[1]) * 16 + digit(c)));
    escape_.clear();
    return;
  }
  out += escape_;
  escape_.clear();
  take(c, out);
}

void QuotedPrintableDecoder::take(char c, std::string& out) {
  if (!escape_.empty()) {
    take_escape(c, out);
  } else if (is_white(c)) {
    if (blanks_.size() >= kBlankLimit) finish(out);
    blanks_ += c;
  } else if (c == '\n') {
    out += blanks_.ends_with('\r') ? "\r\n" : "\n";
    blanks_.clear();
  } else {
    out += blanks_;
    blanks_.clear();
    if (c == '=')
      escape_.assign(1, '=');
    else
      out.push_back(c);
  }
}

void QuotedPrintableDecoder::feed(std::string_view text, std::string& out) {
  for (char c : text) take(c, out);
}

void QuotedPrintableDecoder::finish(std::string& out) {
  out += blanks_;
  blanks_.clear();
  // A '=' at the very end is a soft line break that lost its line end.
  if (escape_.size() > 1 && !is_white(escape_.back())) out += escape_;
  escape_.clear();
}

std::string decode_transfer(Transfer transfer, std::string_view body) {
  if (transfer == Transfer::base64) return decode_base64(body);
  if (transfer != Transfer::quoted_printable) return std::string(body);
  std::string out;
  out.reserve(body.size());
  QuotedPrintableDecoder decoder;
  decoder.feed(body, out);
  decoder.finish(out);
  return out;
}

}  // namespace postern::mime
