#include "protocol/mime/fold.h"

#include "base/text.h"

namespace postern::mime {
namespace {

constexpr size_t kColumns = 76;
constexpr size_t kLeastRoom = 30;  // less is not worth a piece of its own

bool is_space(char c) {
  return is_blank(c) || c == '\r' || c == '\n';
}

}  // namespace

FieldWriter::FieldWriter(std::string_view name, std::string& out) : out_(out), column_(name.size() + 1) {
  out_ += name;
  out_ += ':';
}

void FieldWriter::word(std::string_view blanks, std::string_view word) {
  // The first word stays on the field's own line: a line of white space alone would be a defect (RFC 5322
  // section 3.2.2).
  if (!blanks.empty() && on_line_ && !word.empty() && column_ + blanks.size() + word.size() > kColumns) {
    out_ += "\r\n";
    column_ = 0;
    on_line_ = false;
  }
  out_ += blanks;
  out_ += word;
  column_ += blanks.size() + word.size();
  on_line_ = on_line_ || !word.empty();
}

void FieldWriter::text(std::string_view text) {
  std::string blanks;
  while (!text.empty()) {
    size_t length = 0;
    blanks.clear();
    for (; length < text.size() && is_space(text[length]); ++length)
      if (is_blank(text[length])) blanks += text[length];
    text.remove_prefix(length);
    length = 0;
    while (length < text.size() && !is_space(text[length])) ++length;
    word(blanks, text.substr(0, length));
    text.remove_prefix(length);
  }
}

void FieldWriter::piece(std::string_view piece) {
  const char last = out_.empty() ? ' ' : out_.back();
  word(last == '(' || (is_blank(last) && column_ + piece.size() <= kColumns) ? "" : " ", piece);
}

void FieldWriter::pieces(const std::vector<std::string>& pieces) {
  for (const std::string& one : pieces) piece(one);
}

size_t FieldWriter::room() const {
  const size_t left = kColumns > column_ + 1 ? kColumns - column_ - 1 : 0;
  return left < kLeastRoom ? kColumns - 1 : left;
}

void FieldWriter::end() {
  out_ += "\r\n";
}

}  // namespace postern::mime
