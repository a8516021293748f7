// What requests answer with, one row each.
#include "service/admin/parts.h"

namespace postern::service {

api::UserRow AdminState::Parts::row_of(const identity::Account& account) const {
  api::UserRow row;
  row.id = std::to_string(account.id);
  row.address = account.address;
  row.aliases = account.aliases;
  row.disabled = account.disabled;
  row.level = account.level;
  row.has_password = !account.password.id.empty();
  row.quota = account.quota;
  if (usage) std::tie(row.messages, row.octets) = usage(account.id);
  return row;
}

api::UserRow AdminState::Parts::row_of(const Removed& removed) const {
  api::UserRow row;
  row.id = removed.id;
  row.address = removed.body.value("address", "");
  row.aliases = removed.body.value("aliases", std::vector<std::string>());
  row.disabled = removed.body.value("disabled", false);
  row.level = removed.body.value("level", "L0");
  row.removed = true;
  row.has_password = !removed.body.value("password", "").empty();
  row.quota = removed.body.value("quota", uint64_t{0});
  if (usage) std::tie(row.messages, row.octets) = usage(parse_id(removed.id).value_or(0));
  return row;
}

api::ChangeRow AdminState::Parts::row_of(const change::ChangeSet& change) const {
  api::ChangeRow row;
  row.id = std::to_string(change.id);
  row.time = format_rfc3339(change.time, true);
  row.actor = change.actor;
  row.reason = change.reason;
  row.state = change::state_name(change.state);
  row.undo = change::undo_name(change.undo);
  row.summary = change.summary;
  if (change.deadline) row.deadline = format_rfc3339(change.deadline->wall);
  if (change.undone_by != 0) row.undone_by = std::to_string(change.undone_by);
  if (change.undoes != 0) row.undoes = std::to_string(change.undoes);
  return row;
}

}  // namespace postern::service
