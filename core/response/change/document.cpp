#include "response/change/document.h"

#include <set>

namespace postern::change {
namespace {

constexpr size_t kNameLimit = 255;

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kNameLimit) return false;
  for (char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == '/' || c == 127) return false;
  return true;
}

/// A field's value, discarded when it is not there.
Json field(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  return found == object.end() ? Json(Json::value_t::discarded) : *found;
}

bool same(const Json& a, const Json& b) { return a.is_discarded() == b.is_discarded() && (a.is_discarded() || a == b); }

}  // namespace

std::optional<DocumentName> DocumentName::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  DocumentName out{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  if (!is_name(out.kind) || !is_name(out.id)) return std::nullopt;
  return out;
}

void DocumentKinds::add(DocumentKind kind) { kinds_[kind.name] = std::move(kind); }

const DocumentKind* DocumentKinds::find(std::string_view name) const {
  const auto found = kinds_.find(name);
  return found == kinds_.end() ? nullptr : &found->second;
}

std::vector<std::string> DocumentKinds::names() const {
  std::vector<std::string> out;
  for (const auto& entry : kinds_) out.push_back(entry.first);
  return out;
}

Expected<Json> DocumentKinds::check(const DocumentName& name, const Json& document) const {
  const DocumentKind* kind = find(name.kind);
  if (kind == nullptr) return fail(ErrorCode::not_found, {"document kind " + name.kind});
  if (!document.is_object()) return fail(ErrorCode::bad_input, {name.to_string(), "a JSON object is expected"});
  auto checked = kind->validate(name.id, document);
  if (!checked) return checked;
  if (canonical_json(*checked).size() > kDocumentLimit) return fail(ErrorCode::too_large, {name.to_string(), std::to_string(kDocumentLimit)});
  return checked;
}

std::optional<Json> merge(const Json& base, const Json& mine, const Json& theirs) {
  if (mine == theirs || theirs == base) return mine;
  if (mine == base) return theirs;
  if (!base.is_object() || !mine.is_object() || !theirs.is_object()) return std::nullopt;
  std::set<std::string> names;
  for (const Json* object : {&base, &mine, &theirs})
    for (const auto& item : object->items()) names.insert(item.key());
  Json out = theirs;
  for (const std::string& name : names) {
    const Json before = field(base, name), wanted = field(mine, name), now = field(theirs, name);
    if (same(before, wanted)) continue;
    if (!same(before, now) && !same(wanted, now)) return std::nullopt;
    if (wanted.is_discarded())
      out.erase(name);
    else
      out[name] = wanted;
  }
  return out;
}

}  // namespace postern::change
