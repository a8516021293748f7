#include "postern/caller.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace postern::api {
namespace {

constexpr std::array<std::string_view, 3> kRoleNames = {"auditor", "operator", "owner"};
constexpr std::array<std::string_view, 4> kUndoNames = {"none", "inverse", "effect", "irreversible"};

// What an operator may change. Whatever is not here decides who may do what, or how safe the service is.
constexpr std::array<std::string_view, 1> kDailyKinds = {"user"};

}  // namespace

std::string_view role_name(Role role) {
  const auto index = static_cast<size_t>(role);
  return index < kRoleNames.size() ? kRoleNames[index] : std::string_view();
}

bool role_from_name(std::string_view name, Role& role) {
  const auto found = std::find(kRoleNames.begin(), kRoleNames.end(), name);
  if (found == kRoleNames.end()) return false;
  role = static_cast<Role>(std::distance(kRoleNames.begin(), found));
  return true;
}

std::string_view undo_class_name(UndoClass undo) {
  const auto index = static_cast<size_t>(undo);
  return index < kUndoNames.size() ? kUndoNames[index] : std::string_view();
}

Role role_to_change(std::string_view kind) {
  const bool daily = std::find(kDailyKinds.begin(), kDailyKinds.end(), kind) != kDailyKinds.end();
  return daily ? Role::operator_ : Role::owner;
}

}  // namespace postern::api
