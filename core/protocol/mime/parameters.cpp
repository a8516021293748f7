#include "protocol/mime/parameters.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "protocol/mime/charset.h"
#include "protocol/mime/encoded_word.h"
#include "protocol/mime/header.h"
#include "protocol/mime/lexer.h"

namespace postern::mime {
namespace {

constexpr size_t kSegment = 48;       // octets of one continuation that is written, before its name
constexpr size_t kSectionDigits = 4;  // "*9999": more is no section number
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

/// A quoted parameter value. Only \" and \\ are escapes: unescaped Windows paths are more common than other pairs.
std::string unquote_value(std::string_view text) {
  text.remove_prefix(1);
  std::string out;
  for (size_t i = 0; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    if (text[i] != '\r' && text[i] != '\n') out.push_back(text[i]);
  }
  return out;
}

/// An unquoted value. Comments are taken out, but file names are written with parentheses and without quotes.
std::string bare_value(std::string_view text, bool file_name) {
  if (file_name) return unfold(text);
  std::string out;
  Lexer lexer(text);
  for (Token token = lexer.next(); token.kind != Token::Kind::end; token = lexer.next())
    if (token.kind != Token::Kind::comment) out += token.text;
  return unfold(out);
}

void take_parameter(std::string_view segment, std::vector<RawParameter>& out) {
  const size_t equals = segment.find('=');
  if (equals == std::string_view::npos || out.size() >= kParameterLimit) return;
  RawParameter parameter;
  parameter.name = to_lower(unfold(segment.substr(0, equals)));
  std::string_view value = segment.substr(equals + 1);
  while (!value.empty() && (is_blank(value.front()) || value.front() == '\r' || value.front() == '\n'))
    value.remove_prefix(1);
  parameter.quoted = value.starts_with('"');
  const bool file_name = parameter.name.starts_with("filename") || parameter.name.starts_with("name");
  parameter.value = parameter.quoted ? unquote_value(value) : bare_value(value, file_name);
  if (!parameter.name.empty()) out.push_back(std::move(parameter));
}

/// "text / plain" is one word; what follows it without a semicolon is not part of it.
void take_head(const Token& token, std::string& head, bool& complete) {
  if (complete || token.kind != Token::Kind::word) return;
  if (head.empty() || head.ends_with('/') || token.text.starts_with('/'))
    head += token.text;
  else
    complete = true;
}

/// A name as RFC 2231 sections 3 and 4 read it: base, section, escapes.
struct Piece {
  std::string_view base;
  std::optional<unsigned> section;
  bool escaped = false;
  const RawParameter* parameter = nullptr;
};

Piece read_name(const RawParameter& parameter) {
  Piece piece;
  piece.parameter = &parameter;
  std::string_view name = parameter.name;
  if (name.size() > 1 && name.ends_with('*')) {
    piece.escaped = true;
    name.remove_suffix(1);
  }
  const size_t star = name.rfind('*');
  if (star != std::string_view::npos && star > 0 && star + 1 < name.size() &&
      name.size() - star - 1 <= kSectionDigits) {
    unsigned section = 0;
    const auto [end, error] = std::from_chars(name.data() + star + 1, name.data() + name.size(), section);
    if (error == std::errc() && end == name.data() + name.size()) {
      piece.section = section;
      name = name.substr(0, star);
    }
  }
  piece.base = name;
  return piece;
}

int hex_digit(char c) {
  const size_t at = kHexDigits.find(static_cast<char>(c >= 'a' && c <= 'f' ? c - 32 : c));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

/// charset'language'text; the charset goes to `charset`.
std::string_view take_charset(std::string_view value, std::string& charset) {
  const size_t first = value.find('\'');
  const size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) return value;
  charset = value.substr(0, first);
  return value.substr(second + 1);
}

/// Pieces [begin, end) share a base and are in order.
Parameter join(const std::vector<Piece>& pieces, size_t begin, size_t end) {
  std::string octets;
  std::string charset;
  for (size_t i = begin; i < end; ++i) {
    std::string_view value = pieces[i].parameter->value;
    if (i == begin && pieces[i].escaped) value = take_charset(value, charset);
    octets += pieces[i].escaped ? percent_decoded(value) : std::string(value);
  }
  Parameter out;
  out.name = pieces[begin].base;
  if (charset.empty())
    out.value = octets.find("=?") == std::string::npos ? to_utf8(octets) : decode_words(octets);
  else
    append_utf8(charset, octets, out.value);
  return out;
}

bool extended(const Piece& piece) {
  return piece.section.has_value() || piece.escaped;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto octet = static_cast<uint8_t>(c);
    if (is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHexDigits[octet >> 4]);
      out.push_back(kHexDigits[octet & 15]);
    }
  }
  return out;
}

std::string quoted(const RawParameter& parameter) {
  if (!parameter.quoted) return parameter.value;
  std::string out = "\"";
  for (char c : parameter.value) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + '"';
}

/// One parameter in ASCII: RFC 2231 section 4, cut up by section 3 when it is long.
void write_encoded(const RawParameter& parameter, FieldWriter& writer) {
  const Piece piece = read_name(parameter);
  const bool continued = piece.section.has_value() && *piece.section > 0;
  const std::string escaped = percent_encoded(parameter.value);
  const std::string prefix = continued ? "" : "UTF-8''";
  std::string name(parameter.name.substr(0, parameter.name.size() - (piece.escaped ? 1 : 0)));
  if (piece.section.has_value() || prefix.size() + escaped.size() <= kSegment) {
    writer.piece(name + "*=" + prefix + escaped);
    return;
  }
  unsigned section = 0;
  for (size_t at = 0; at < escaped.size(); ++section) {
    size_t end = std::min(at + kSegment, escaped.size());
    // An escape stays whole.
    while (end < escaped.size() && (escaped[end - 1] == '%' || escaped[end - 2] == '%')) --end;
    if (section > 0) writer.text(";");
    writer.piece(name + "*" + std::to_string(section) + "*=" + (section == 0 ? prefix : "") +
                 escaped.substr(at, end - at));
    at = end;
  }
}

}  // namespace

RawParameters read_parameters(std::string_view field_value) {
  RawParameters out;
  Lexer lexer(field_value);
  bool in_head = true;
  bool head_complete = false;
  const char* begin = nullptr;
  for (Token token = lexer.next();; token = lexer.next()) {
    const bool end = token.kind == Token::Kind::end;
    if (end || token.is(';')) {
      const char* const here = end ? field_value.data() + field_value.size() : token.text.data();
      if (!in_head) take_parameter({begin, static_cast<size_t>(here - begin)}, out.parameters);
      if (end) return out;
      in_head = false;
      begin = token.text.data() + 1;
    } else if (in_head) {
      take_head(token, out.head, head_complete);
    }
  }
}

std::vector<Parameter> parse_parameters(const RawParameters& raw) {
  std::vector<Piece> pieces;
  pieces.reserve(raw.parameters.size());
  for (const RawParameter& parameter : raw.parameters) pieces.push_back(read_name(parameter));
  // Extended forms come before a plain one of the same name: they say more (RFC 6266 section 4.3 in spirit).
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    if (a.base != b.base) return a.base < b.base;
    if (extended(a) != extended(b)) return extended(a);
    return a.section.value_or(0) < b.section.value_or(0);
  });
  std::vector<Parameter> out;
  for (size_t i = 0; i < pieces.size();) {
    size_t end = i + 1;
    while (end < pieces.size() && pieces[end].base == pieces[i].base && pieces[i].section && pieces[end].section) ++end;
    out.push_back(join(pieces, i, end));
    const std::string_view base = pieces[i].base;
    while (end < pieces.size() && pieces[end].base == base) ++end;
    i = end;
  }
  return out;
}

const std::string* find_parameter(const std::vector<Parameter>& parameters, std::string_view name) {
  for (const Parameter& parameter : parameters)
    if (parameter.name == name) return &parameter.value;
  return nullptr;
}

bool write_parameters(std::string_view field_value, FieldWriter& writer) {
  const RawParameters raw = read_parameters(field_value);
  if (raw.parameters.size() >= kParameterLimit) return false;
  writer.piece(raw.head);
  for (const RawParameter& parameter : raw.parameters) {
    writer.text(";");
    if (is_ascii(parameter.value))
      writer.piece(parameter.name + "=" + quoted(parameter));
    else
      write_encoded(parameter, writer);
  }
  return true;
}

}  // namespace postern::mime
