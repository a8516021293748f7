// Three-way merge of JSON objects by field, and of lists that are sets. Pure functions.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "response/change/document.h"

namespace postern::change {

/// What `mine` made of `base`, done to `theirs`, field by field (objects within objects too). A field that both changed
/// to different values is a conflict: nothing. Fields in `sets` are lists without order: additions and removals of
/// both sides hold.
std::optional<Json> merge_objects(const Json& base, const Json& mine, const Json& theirs,
                                  const std::set<std::string>& sets = {});

}  // namespace postern::change
