#include "response/change/document.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace postern::change {
namespace {

constexpr size_t kKindLimit = 64;  // octets

bool is_kind(std::string_view text) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= kKindLimit && std::all_of(text.begin(), text.end(), good);
}

bool is_id(std::string_view text) {
  const auto bad = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; };
  return !text.empty() && text.size() <= kDocumentIdLimit && is_utf8(text) &&
         std::none_of(text.begin(), text.end(), bad);
}

}  // namespace

std::optional<DocumentName> DocumentName::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  DocumentName out{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  if (!is_kind(out.kind) || !is_id(out.id)) return std::nullopt;
  return out;
}

void DocumentKinds::add(DocumentKind kind) {
  kinds_.push_back(std::move(kind));
}

const DocumentKind* DocumentKinds::find(const DocumentName& name) const {
  const auto fits = [&name](const DocumentKind& kind) {
    return kind.name == name.kind && (kind.only_id.empty() || kind.only_id == name.id);
  };
  const auto found = std::find_if(kinds_.begin(), kinds_.end(), fits);
  return found == kinds_.end() ? nullptr : &*found;
}

bool DocumentKinds::has_kind(std::string_view name) const {
  return std::any_of(kinds_.begin(), kinds_.end(), [name](const DocumentKind& kind) { return kind.name == name; });
}

Expected<std::string> DocumentKinds::check(const DocumentName& name, std::string_view json) const {
  const DocumentKind* kind = find(name);
  if (kind == nullptr) return fail(ErrorCode::not_found, {"document " + name.to_string()});
  const auto given = parse_json(json, kDocumentLimit);
  if (!given && given.error().code == ErrorCode::too_large)
    return fail(ErrorCode::too_large, {"document " + name.to_string(), std::to_string(kDocumentLimit)});
  if (!given) return fail(given.error());
  const auto document = kind->parse(*given);
  if (!document) return fail(document.error());
  if (kind->validate)
    if (auto valid = kind->validate(name.id, *document); !valid) return fail(valid.error());
  std::string text = kind->canonical(*document);
  if (text.size() > kDocumentLimit)
    return fail(ErrorCode::too_large, {"document " + name.to_string(), std::to_string(kDocumentLimit)});
  return text;
}

}  // namespace postern::change
