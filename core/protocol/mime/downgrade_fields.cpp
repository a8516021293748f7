#include "protocol/mime/downgrade_fields.h"

#include <algorithm>

#include "base/text.h"
#include "protocol/mime/address_list.h"
#include "protocol/mime/charset.h"
#include "protocol/mime/encoded_word.h"
#include "protocol/mime/fold.h"
#include "protocol/mime/header.h"
#include "protocol/mime/parameters.h"

namespace postern::mime {
namespace {

bool is_space(char c) {
  return is_blank(c) || c == '\r' || c == '\n';
}

void write_encoded(std::string_view text, FieldWriter& writer) {
  writer.pieces(encode_words(text, writer.room()));
}

/// RFC 6857 section 3.1.2: from the first word with non-ASCII to the last one, as encoded words.
void write_unstructured(std::string_view value, FieldWriter& writer) {
  const std::string line = unfold(value);
  // Encoded words among raw text are decoded first: blanks between them and ours would be lost otherwise.
  const std::string text = line.find("=?") == std::string::npos ? line : decode_words(line);
  const auto high = [](char c) { return static_cast<uint8_t>(c) > 127; };
  size_t begin = 0;
  while (begin < text.size() && !high(text[begin])) ++begin;
  while (begin > 0 && !is_space(text[begin - 1])) --begin;
  size_t end = text.size();
  while (end > begin && !high(text[end - 1])) --end;
  while (end < text.size() && !is_space(text[end])) ++end;
  if (begin > 0) writer.text(" " + text.substr(0, begin));
  write_encoded(std::string_view(text).substr(begin, end - begin), writer);
  writer.text(std::string_view(text).substr(end));
}

void write_phrase(std::string_view phrase, FieldWriter& writer) {
  if (phrase.empty()) return;
  write_encoded(decode_words(phrase), writer);
}

/// An ASCII phrase, in quotes when a word of it needs them.
std::string quoted_phrase(std::string_view phrase) {
  constexpr std::string_view kAtomMarks = "!#$%&'*+-/=?^_`{|}~ ";
  const auto plain = [&](char c) { return is_alpha(c) || is_digit(c) || kAtomMarks.find(c) != std::string_view::npos; };
  if (std::all_of(phrase.begin(), phrase.end(), plain)) return std::string(phrase);
  std::string out = "\"";
  for (char c : phrase) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + '"';
}

void write_comment(std::string_view comment, FieldWriter& writer) {
  writer.piece("(");
  const size_t room = writer.room();
  const std::vector<std::string> words = encode_words(decode_words(comment), room - 1);
  for (size_t i = 0; i < words.size(); ++i) writer.piece(i + 1 < words.size() ? words[i] : words[i] + ")");
  if (words.empty()) writer.text(")");
}

/// RFC 6857 sections 3.1.4, 3.1.6 and 3.1.8.
void write_mailbox(const AddressElement& element, FieldWriter& writer) {
  const bool plain_address = is_ascii(element.address);
  if (element.angle && !is_ascii(element.phrase))
    write_phrase(element.phrase, writer);
  else if (element.angle && !element.phrase.empty())
    writer.piece(quoted_phrase(element.phrase));
  if (!plain_address) {
    // An empty group in the place of an address that cannot be written: readable, and nobody can answer to it by
    // mistake.
    write_encoded(element.address, writer);
    writer.piece(":;");
  } else if (element.angle) {
    writer.piece("<" + element.address + ">");
  } else {
    writer.piece(element.address);
  }
  for (const std::string& comment : element.comments) write_comment(comment, writer);
}

/// The rest of a group, up to its ';' or the end.
std::string_view group_list(AddressScanner scanner, bool& plain) {
  const std::string_view rest = scanner.rest();
  AddressElement element;
  plain = true;
  size_t length = 0;
  while (scanner.next(element)) {
    plain = plain && is_ascii(element.address);
    length = static_cast<size_t>(element.raw.data() + element.raw.size() - rest.data());
    if (element.separator == ';') break;
  }
  return rest.substr(0, length);
}

void write_group_name(const AddressElement& element, FieldWriter& writer) {
  if (is_ascii(element.raw))
    writer.text(element.raw);
  else
    write_phrase(element.phrase, writer);
}

/// RFC 6857 section 3.1.7: a group with an address that cannot be written loses its members.
void write_emptied_group(std::string_view members, AddressScanner& scanner, FieldWriter& writer) {
  write_encoded(decode_words(unfold(members)), writer);
  writer.piece(":;");
  AddressElement element;
  while (scanner.next(element))
    if (element.separator == ';') return;
}

void write_addresses(std::string_view value, FieldWriter& writer) {
  AddressScanner scanner(value);
  AddressElement element;
  size_t looked_at = value.size();  // octets behind the last look ahead: no part is looked at twice
  while (scanner.next(element)) {
    if (element.is_group_name()) {
      bool plain = true;
      const size_t left = scanner.rest().size();
      std::string_view members;
      if (left <= looked_at) {
        members = group_list(scanner, plain);
        looked_at = left - members.size();
      }
      write_group_name(element, writer);
      if (plain)
        writer.text(":");
      else
        write_emptied_group(members, scanner, writer);
      continue;
    }
    if (is_ascii(element.raw))
      writer.text(element.raw);
    else
      write_mailbox(element, writer);
    if (element.separator != '\0') writer.text(std::string_view(&element.separator, 1));
  }
}

/// Comments and words with non-ASCII become encoded words, all else stays: sections 3.1.3 and 3.1.4.
void write_tokens(std::string_view value, FieldWriter& writer) {
  Lexer lexer(value);
  for (Token token = lexer.next(); token.kind != Token::Kind::end; token = lexer.next()) {
    if (is_ascii(token.text))
      writer.text(token.text);
    else if (token.kind == Token::Kind::comment)
      write_comment(unquote(token.text), writer);
    else
      write_encoded(token.kind == Token::Kind::quoted ? unquote(token.text) : std::string(token.text), writer);
  }
}

/// RFC 6857 section 3.1.1: a FOR clause with a non-ASCII address is taken out.
std::string without_for_clause(std::string_view value) {
  std::string out;
  Lexer lexer(value);
  bool dropping = false;
  std::string clause;
  for (Token token = lexer.next(); token.kind != Token::Kind::end; token = lexer.next()) {
    const bool keyword = token.kind == Token::Kind::word && equal_ignoring_case(token.text, "for");
    if (keyword || (dropping && (token.is(';') || token.kind == Token::Kind::comment))) {
      if (is_ascii(clause)) out += clause;
      clause.clear();
      dropping = keyword;
    }
    (dropping ? clause : out) += token.text;
  }
  return is_ascii(clause) ? out + clause : out;
}

}  // namespace

void downgrade_field(FieldKind kind, std::string_view name, std::string_view value, std::string& out) {
  const std::string new_name = (kind == FieldKind::encapsulated ? "Downgraded-" : "") + std::string(name);
  const size_t begin = out.size();
  FieldWriter writer(new_name, out);
  switch (kind) {
    case FieldKind::addresses:
      write_addresses(value, writer);
      break;
    case FieldKind::comments:
    case FieldKind::phrases:
      write_tokens(value, writer);
      break;
    case FieldKind::received:
      write_tokens(without_for_clause(value), writer);
      break;
    case FieldKind::parameters:
      if (!write_parameters(value, writer)) write_unstructured(value, writer);
      break;
    case FieldKind::encapsulated:
    case FieldKind::unstructured:
      write_unstructured(value, writer);
      break;
  }
  writer.end();
  if (is_ascii(std::string_view(out).substr(begin))) return;
  // Malformed beyond its grammar: better free text than raw octets.
  out.resize(begin);
  FieldWriter again(new_name, out);
  write_unstructured(value, again);
  again.end();
}

std::string downgrade_stray(std::string_view lines) {
  if (is_ascii(lines)) return std::string(lines);
  std::string out;
  std::string_view line;
  while (next_line(lines, line)) {
    if (is_ascii(line)) {
      out += line;
      continue;
    }
    for (const std::string& word : encode_words(chomp(line)))
      out += (out.empty() || out.ends_with('\n') ? "" : "\r\n ") + word;
    out += "\r\n";
  }
  return out;
}

}  // namespace postern::mime
