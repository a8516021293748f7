// Who asks, what a request may do, and how it is taken back. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::api {

/// What an administrator may do; each role may do what the ones before it may.
enum class Role : uint8_t {
  auditor,    ///< read everything, change nothing
  operator_,  ///< run the service day by day: users, sessions
  owner,      ///< everything
};
/// "auditor", "operator", "owner".
std::string_view role_name(Role role);
/// False when the name is unknown; `role` is then untouched.
bool role_from_name(std::string_view name, Role& role);
inline bool may(Role has, Role needed) {
  return has >= needed;
}

/// How a request that changes something is taken back.
enum class UndoClass : uint8_t {
  none,          ///< changes nothing
  inverse,       ///< a change set: undone by `change undo`
  effect,        ///< a change set with effects outside the documents, whose inverses are performed by `change undo`
  irreversible,  ///< cannot be taken back; said before
};
std::string_view undo_class_name(UndoClass undo);

/// What every request says of itself.
struct RequestInfo {
  std::string_view name;  ///< its name on the control channel, and its words on the command line ("user add")
  Role role;              ///< least role; see role_to_change for what a document or a change needs beyond it
  UndoClass undo;
  std::string_view no_verb = {};  ///< why it has no verb on the command line; "" = it has one
};

/// Set by the channel, never by the message: an actor is what the peer was proved to be.
struct Caller {
  std::string
      actor;  ///< administrator's name, as it stands in journal and audit ("owner" for the owner of the process)
  Role role = Role::auditor;
  std::string via;  ///< "process" or "socket"

  bool operator==(const Caller&) const = default;
};

/// The role needed to change, undo or confirm a change of documents of this kind ("user", "administrator", "smtp"):
/// operator for what is daily work, owner for everything else, so that nobody can raise his own role.
Role role_to_change(std::string_view kind);

}  // namespace postern::api
