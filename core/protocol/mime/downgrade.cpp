#include "protocol/mime/downgrade.h"

#include <array>
#include <vector>

#include "base/text.h"
#include "protocol/mime/address_list.h"
#include "protocol/mime/downgrade_fields.h"
#include "protocol/mime/header.h"

namespace postern::mime {
namespace {

struct Known {
  std::string_view name;
  FieldKind kind;
};

/// RFC 6857 section 3.2. What is not listed is unstructured (section 3.2.9).
constexpr std::array<Known, 36> kKnown{{
    {"From", FieldKind::addresses},
    {"Sender", FieldKind::addresses},
    {"Reply-To", FieldKind::addresses},
    {"To", FieldKind::addresses},
    {"Cc", FieldKind::addresses},
    {"Bcc", FieldKind::addresses},
    {"Resent-From", FieldKind::addresses},
    {"Resent-Sender", FieldKind::addresses},
    {"Resent-Reply-To", FieldKind::addresses},
    {"Resent-To", FieldKind::addresses},
    {"Resent-Cc", FieldKind::addresses},
    {"Resent-Bcc", FieldKind::addresses},
    {"Return-Path", FieldKind::addresses},
    {"Disposition-Notification-To", FieldKind::addresses},
    {"Date", FieldKind::comments},
    {"Resent-Date", FieldKind::comments},
    {"MIME-Version", FieldKind::comments},
    {"Content-ID", FieldKind::comments},
    {"Content-Transfer-Encoding", FieldKind::comments},
    {"Content-Language", FieldKind::comments},
    {"Accept-Language", FieldKind::comments},
    {"Auto-Submitted", FieldKind::comments},
    {"Received", FieldKind::received},
    {"Content-Type", FieldKind::parameters},
    {"Content-Disposition", FieldKind::parameters},
    {"Keywords", FieldKind::phrases},
    {"Message-ID", FieldKind::encapsulated},
    {"Resent-Message-ID", FieldKind::encapsulated},
    {"In-Reply-To", FieldKind::encapsulated},
    {"References", FieldKind::encapsulated},
    {"Original-Recipient", FieldKind::encapsulated},
    {"Final-Recipient", FieldKind::encapsulated},
    {"Subject", FieldKind::unstructured},
    {"Comments", FieldKind::unstructured},
    {"Content-Description", FieldKind::unstructured},
    {"X-Mailer", FieldKind::unstructured},
}};

FieldKind kind_of(std::string_view name) {
  for (const Known& known : kKnown)
    if (equal_ignoring_case(known.name, name)) return known.kind;
  return FieldKind::unstructured;
}

/// Calls `on_field` for each field and `on_stray` for what belongs to none, in order; a line that is no field does not
/// end the block here, only the blank line does. False when the block has more fields than are read.
template <class OnField, class OnStray>
bool for_each_field(std::string_view block, OnField&& on_field, OnStray&& on_stray) {
  while (!block.empty()) {
    const Header header = read_header(block);
    if (header.left_out > 0) return false;
    size_t at = 0;
    for (const Field& field : header.fields) {
      const auto begin = static_cast<size_t>(field.raw.data() - block.data());
      on_stray(block.substr(at, begin - at));
      on_field(field);
      at = begin + field.raw.size();
    }
    std::string_view rest = block.substr(at);
    std::string_view line;
    if (header.blank_line || !next_line(rest, line)) line = block.substr(at);
    on_stray(line);
    block.remove_prefix(at + line.size());
  }
  return true;
}

/// In an address itself: display names and comments are free text, as subjects are.
bool utf8_in_address(std::string_view value) {
  AddressScanner scanner(value);
  AddressElement element;
  while (scanner.next(element)) {
    const bool address = element.angle || element.address.find('@') != std::string::npos;
    if (address && !element.is_group_name() && !is_ascii(element.address)) return true;
  }
  return false;
}

void append_field(const Field& field, std::string& out) {
  if (is_ascii(field.raw))
    out += field.raw;
  else
    downgrade_field(kind_of(field.name), field.name, field.value, out);
}

}  // namespace

bool has_utf8_in_structured(std::string_view header) {
  bool found = false;
  for_each_field(
      header,
      [&](const Field& field) {
        if (found || is_ascii(field.raw)) return;
        const FieldKind kind = kind_of(field.name);
        found = kind == FieldKind::addresses ? utf8_in_address(field.value) : kind != FieldKind::unstructured;
      },
      [](std::string_view) {});
  return found;
}

std::optional<std::string> downgrade_header(std::string_view header) {
  if (is_ascii(header) || !is_utf8(header)) return std::nullopt;
  std::string out;
  out.reserve(header.size() * 2);
  const bool whole = for_each_field(
      header, [&](const Field& field) { append_field(field, out); },
      [&](std::string_view lines) { out += downgrade_stray(lines); });
  if (!whole) return std::nullopt;
  return out;
}

}  // namespace postern::mime
