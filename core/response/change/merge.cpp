#include "response/change/merge.h"

#include <algorithm>

#include "base/json.h"

namespace postern::change {
namespace {

/// A field's value; discarded when there is none.
Json field_of(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  return found == object.end() ? Json(Json::value_t::discarded) : *found;
}

// A discarded value compares unequal to everything, itself too.
bool same(const Json& a, const Json& b) {
  return a.is_discarded() == b.is_discarded() && (a.is_discarded() || a == b);
}

bool contains(const Json& list, const Json& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Json merge_sets(const Json& base, const Json& mine, const Json& theirs) {
  Json out = Json::array();
  for (const Json& value : theirs)
    if (!contains(base, value) || contains(mine, value)) out.push_back(value);
  for (const Json& value : mine)
    if (!contains(base, value) && !contains(out, value)) out.push_back(value);
  return out;
}

/// The merged value, discarded = no such field; nothing = conflict.
std::optional<Json> merge_field(const Json& base, const Json& mine, const Json& theirs, bool is_set) {
  if (same(mine, theirs) || same(mine, base)) return theirs;
  if (same(theirs, base)) return mine;
  if (is_set && base.is_array() && mine.is_array() && theirs.is_array()) return merge_sets(base, mine, theirs);
  if (base.is_object() && mine.is_object() && theirs.is_object()) return merge_objects(base, mine, theirs);
  return std::nullopt;
}

}  // namespace

std::optional<Json> merge_objects(const Json& base, const Json& mine, const Json& theirs,
                                  const std::set<std::string>& sets) {
  if (!base.is_object() || !mine.is_object() || !theirs.is_object()) return std::nullopt;
  std::set<std::string> names;
  for (const Json* object : {&base, &mine, &theirs})
    for (const auto& item : object->items()) names.insert(item.key());
  Json out = Json::object();
  for (const std::string& name : names) {
    auto value = merge_field(field_of(base, name), field_of(mine, name), field_of(theirs, name), sets.contains(name));
    if (!value) return std::nullopt;
    if (!value->is_discarded()) out[name] = std::move(*value);
  }
  return out;
}

}  // namespace postern::change
