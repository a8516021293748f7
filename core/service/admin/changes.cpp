// change list, show, undo, confirm.
#include "service/admin/parts.h"

namespace postern::service {
namespace {

constexpr size_t kRowOctets = 260;          // of a row's JSON beside its texts
constexpr size_t kShownItems = 512 * 1024;  // octets of documents that one reply shows

api::ChangeMade made(const change::Applied& applied) {
  api::ChangeMade reply;
  if (applied.id != 0) reply.change = std::to_string(applied.id);
  return reply;
}

std::optional<api::JsonText> json_of(const std::optional<std::string>& text) {
  return text ? std::optional<api::JsonText>(api::JsonText{*text}) : std::nullopt;
}

}  // namespace

api::Reply AdminState::Parts::change_list(const api::ChangeList& request) {
  const auto below = request.cursor.empty() ? std::optional<uint64_t>(0) : parse_id(request.cursor);
  if (!below) return Error{ErrorCode::bad_input, {"cursor", request.cursor}};
  const auto changes = store->changes(*below, kPageRows + 1);
  if (!changes) return changes.error();
  api::ChangesReply reply;
  PageBudget budget(request.limit);
  for (const change::ChangeSet& change : *changes) {
    const size_t octets = kRowOctets + change.actor.size() + change.reason.size() + change.summary.size();
    if (!budget.take(octets)) {
      reply.next = reply.changes.back().id;
      break;
    }
    reply.changes.push_back(row_of(change));
  }
  return reply;
}

api::Reply AdminState::Parts::change_show(const api::ChangeShow& request) {
  const auto id = parse_id(request.id);
  const auto change = id ? store->change(*id) : Expected<std::optional<change::ChangeSet>>(std::nullopt);
  if (!change) return change.error();
  if (!*change) return Error{ErrorCode::not_found, {"change " + request.id}};
  const api::ChangeRow row = row_of(**change);
  api::ChangeReply reply{row.id,   row.time,     row.actor,     (*change)->via, row.reason, row.state,
                         row.undo, row.deadline, row.undone_by, row.undoes,     {},         {}};
  size_t left = kShownItems;
  for (const change::Item& item : (*change)->items) {
    const size_t octets = (item.before ? item.before->size() : 0) + (item.after ? item.after->size() : 0);
    if (octets > left) break;  // the rest is in the journal; documents are read one by one
    left -= octets;
    reply.items.push_back({item.name.kind, item.name.id, json_of(item.before), json_of(item.after)});
  }
  const auto done = store->effects_of(*id);
  if (!done) return done.error();
  for (const change::EffectRecord& effect : *done)
    reply.effects.push_back(effect.what.verb + " " + effect.what.object + " " +
                            std::string(change::effect_state_name(effect.state)));
  return reply;
}

Expected<uint64_t> AdminState::Parts::changeable(const api::Caller& caller, const std::string& text) {
  const auto id = parse_id(text);
  const auto change = id ? store->change(*id) : Expected<std::optional<change::ChangeSet>>(std::nullopt);
  if (!change) return fail(change.error());
  if (!*change) return fail(ErrorCode::not_found, {"change " + text});
  for (const change::Item& item : (*change)->items)
    if (auto may = may_change(caller, item.name.kind); !may) return fail(may.error());
  return *id;
}

api::Reply AdminState::Parts::change_undo(const api::Caller& caller, const api::ChangeUndo& request) {
  const auto id = changeable(caller, request.id);
  if (!id) return id.error();
  const auto applied = engine->undo(*id, {caller.actor, caller.via, request.reason});
  if (!applied) return applied.error();
  if (applied->changed) next_upkeep = std::min(next_upkeep, clock.wall());
  return made(*applied);
}

api::Reply AdminState::Parts::change_confirm(const api::Caller& caller, const api::ChangeConfirm& request) {
  const auto id = changeable(caller, request.id);
  if (!id) return id.error();
  const auto applied = engine->confirm(*id, {caller.actor, caller.via, ""});
  if (!applied) return applied.error();
  return made(*applied);
}

}  // namespace postern::service
