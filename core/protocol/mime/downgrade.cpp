#include "protocol/mime/downgrade.h"

#include <array>
#include <vector>

#include "base/text.h"
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

void append_field(const Field& field, std::string& out) {
  if (is_ascii(field.raw))
    out += field.raw;
  else
    downgrade_field(kind_of(field.name), field.name, field.value, out);
}

}  // namespace

bool has_utf8_in_structured(std::string_view header) {
  for (const Field& field : read_header(header).fields)
    if (!is_ascii(field.raw) && kind_of(field.name) != FieldKind::unstructured) return true;
  return false;
}

std::optional<std::string> downgrade_header(std::string_view header) {
  if (is_ascii(header) || !is_utf8(header)) return std::nullopt;
  const Header block = read_header(header);
  std::string out;
  out.reserve(header.size() * 2);
  const char* at = header.data();
  const auto copy_until = [&](const char* end) { out += downgrade_stray({at, static_cast<size_t>(end - at)}); };
  for (const Field& field : block.fields) {
    copy_until(field.raw.data());  // lines that are no field
    append_field(field, out);
    at = field.raw.data() + field.raw.size();
  }
  copy_until(header.data() + header.size());
  return out;
}

}  // namespace postern::mime
