#include "protocol/mime/header.h"

#include <algorithm>

#include "base/text.h"

namespace postern::mime {
namespace {

bool is_name_octet(char c) {
  return c > 32 && c < 127 && c != ':';
}

/// Length of the field name that a line begins with, npos when it begins with none. `colon` gets the colon's place.
size_t name_length(std::string_view line, size_t& colon) {
  size_t length = 0;
  while (length < line.size() && is_name_octet(line[length])) ++length;
  colon = length;
  while (colon < line.size() && is_blank(line[colon])) ++colon;  // RFC 5322 section 4.5
  return length > 0 && colon < line.size() && line[colon] == ':' ? length : std::string_view::npos;
}

void close_field(Header& header, Field& field, const char* end) {
  if (field.raw.empty()) return;
  field.raw = {field.raw.data(), static_cast<size_t>(end - field.raw.data())};
  const char* const value = field.value.data();
  field.value = chomp({value, static_cast<size_t>(end - value)});
  if (header.fields.size() < kFieldLimit)
    header.fields.push_back(field);
  else
    ++header.left_out;
  field = {};
}

}  // namespace

const Field* Header::find(std::string_view name) const {
  const auto at = std::find_if(fields.begin(), fields.end(),
                               [&](const Field& field) { return equal_ignoring_case(field.name, name); });
  return at == fields.end() ? nullptr : &*at;
}

bool begins_field(std::string_view line) {
  size_t colon = 0;
  return name_length(line, colon) != std::string_view::npos;
}

bool is_mbox_line(std::string_view line) {
  return line.starts_with("From ") || line.starts_with(">From ");
}

std::string_view chomp(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool next_line(std::string_view& rest, std::string_view& line) {
  if (rest.empty()) return false;
  const size_t at = rest.find('\n');
  line = rest.substr(0, at == std::string_view::npos ? rest.size() : at + 1);
  rest.remove_prefix(line.size());
  return true;
}

Header read_header(std::string_view text) {
  Header header;
  Field field;
  std::string_view rest = text;
  std::string_view line;
  for (;;) {
    const char* const begin = rest.data();
    if (!next_line(rest, line)) break;
    header.end = text.size() - rest.size();
    header.blank_line = chomp(line).empty();
    if (header.blank_line) {
      close_field(header, field, begin);
      return header;
    }
    if (is_blank(line.front())) {
      header.defective |= field.raw.empty();  // goes on with no field
      continue;
    }
    size_t colon = 0;
    const size_t length = name_length(line, colon);
    close_field(header, field, begin);
    if (length != std::string_view::npos) {
      field = {line.substr(0, length), line.substr(colon + 1), line};
      continue;
    }
    header.defective = true;
    if (begin == text.data() && is_mbox_line(line)) continue;
    header.end -= line.size();  // the body begins here
    return header;
  }
  close_field(header, field, text.data() + text.size());
  return header;
}

std::string unfold(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (char c : value)
    if (c != '\r' && c != '\n') out.push_back(c);
  return std::string(trim(out));
}

}  // namespace postern::mime
