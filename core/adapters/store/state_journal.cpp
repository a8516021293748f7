// Journal and effects in state.db.
#include "adapters/store/state_statements.h"

namespace postern::store {
namespace {

/// Deadline in four columns from `first` on.
void bind_deadline(Statement& statement, int first, const std::optional<change::Deadline>& deadline) {
  if (!deadline) return;
  statement.bind(first, deadline->wall).bind(first + 1, deadline->mono).bind(first + 2, deadline->mono_begin);
  statement.bind(first + 3, deadline->boot);
}

}  // namespace

Expected<uint64_t> StateStore::add_change(const change::ChangeSet& change) {
  Statement& add = statements_->add_change;
  add.bind(1, change.time).bind(2, change.actor).bind(3, change.via).bind(4, change.reason).bind(5, change.action);
  add.bind(6, change.incident).bind(7, change.summary).bind(8, change::state_name(change.state));
  add.bind(9, change::undo_name(change.undo)).bind(10, change.undoes).bind(11, change.undone_by);
  bind_deadline(add, 12, change.deadline);
  if (auto done = add.run(); !done) return fail(done.error());
  const auto id = static_cast<uint64_t>(database_.last_insert_id());
  int64_t position = 0;
  for (const change::Item& item : change.items) {
    Statement& row = statements_->add_item;
    row.bind(1, id).bind(2, position++).bind(3, item.name.kind).bind(4, item.name.id);
    if (item.before) row.bind(5, *item.before);
    if (item.after) row.bind(6, *item.after);
    if (auto done = row.run(); !done) return fail(done.error());
  }
  return id;
}

Expected<void> StateStore::move_change(const change::ChangeSet& change) {
  Statement& move = statements_->move_change;
  move.bind(1, change.id).bind(2, change::state_name(change.state)).bind(3, change.undone_by);
  bind_deadline(move, 4, change.deadline);
  return move.run();
}

Expected<change::ChangeSet> StateStore::read_change(const Statement& row) const {
  const auto state = change::state_from_name(row.text(8));
  const auto undo = change::undo_from_name(row.text(9));
  if (!state || !undo) return fail(damaged("the state of change " + std::to_string(row.integer(0))));
  change::ChangeSet out;
  out.id = static_cast<uint64_t>(row.integer(0));
  out.time = row.integer(1);
  out.actor = row.text(2);
  out.via = row.text(3);
  out.reason = row.text(4);
  out.action = row.text(5);
  out.incident = row.text(6);
  out.summary = row.text(7);
  out.state = *state;
  out.undo = *undo;
  out.undoes = static_cast<uint64_t>(row.integer(10));
  out.undone_by = static_cast<uint64_t>(row.integer(11));
  if (!row.is_null(12))
    out.deadline = change::Deadline{row.integer(12), row.integer(13), row.integer(14), std::string(row.text(15))};
  return out;
}

Expected<void> StateStore::read_items(change::ChangeSet& change) {
  return each_row(statements_->items.bind(1, change.id), [&change](const Statement& row) {
    change::Item item{{std::string(row.text(0)), std::string(row.text(1))}, std::nullopt, std::nullopt};
    if (!row.is_null(2)) item.before = std::string(row.text(2));
    if (!row.is_null(3)) item.after = std::string(row.text(3));
    change.items.push_back(std::move(item));
    return true;
  });
}

Expected<std::vector<change::ChangeSet>> StateStore::read_changes(Statement& rows) {
  std::vector<change::ChangeSet> out;
  Expected<void> good;
  auto read = each_row(rows, [&](const Statement& row) {
    auto next = read_change(row);
    if (next)
      out.push_back(std::move(*next));
    else
      good = fail(next.error());
    return good.has_value();
  });
  if (!read) return fail(read.error());
  if (!good) return fail(good.error());
  return out;
}

Expected<std::optional<change::ChangeSet>> StateStore::change(uint64_t id) {
  auto found = read_changes(statements_->change.bind(1, id));
  if (!found) return fail(found.error());
  if (found->empty()) return std::optional<change::ChangeSet>();
  if (auto read = read_items(found->front()); !read) return fail(read.error());
  return std::optional<change::ChangeSet>(std::move(found->front()));
}

Expected<std::vector<change::ChangeSet>> StateStore::changes(uint64_t below, size_t limit) {
  const int64_t bound =
      below == 0 || below > static_cast<uint64_t>(INT64_MAX) ? INT64_MAX : static_cast<int64_t>(below);
  return read_changes(statements_->changes.bind(1, bound).bind(2, static_cast<int64_t>(limit)));
}

Expected<std::vector<change::ChangeSet>> StateStore::changes_in(change::State state) {
  auto found = read_changes(statements_->changes_in.bind(1, change::state_name(state)));
  if (!found) return found;
  for (change::ChangeSet& change : *found)
    if (auto read = read_items(change); !read) return fail(read.error());
  return found;
}

Expected<void> StateStore::add_effect(const change::EffectRecord& effect) {
  Statement& add = statements_->add_effect;
  add.bind(1, effect.id).bind(2, effect.change).bind(3, effect.what.verb).bind(4, effect.what.object);
  add.bind(5, effect.what.before).bind(6, effect.what.after).bind(7, change::effect_state_name(effect.state));
  return add.bind(8, effect.error).bind(9, effect.time).run();
}

Expected<void> StateStore::move_effect(const change::EffectRecord& effect) {
  Statement& move = statements_->move_effect;
  move.bind(1, effect.id).bind(2, effect.what.before).bind(3, change::effect_state_name(effect.state));
  return move.bind(4, effect.error).bind(5, effect.time).run();
}

Expected<std::vector<change::EffectRecord>> StateStore::read_effects(Statement& rows) {
  std::vector<change::EffectRecord> out;
  bool good = true;
  auto read = each_row(rows, [&](const Statement& row) {
    const auto state = change::effect_state_from_name(row.text(6));
    if (!state) return good = false;
    out.push_back(
        {std::string(row.text(0)),
         static_cast<uint64_t>(row.integer(1)),
         {std::string(row.text(2)), std::string(row.text(3)), std::string(row.text(4)), std::string(row.text(5))},
         *state,
         std::string(row.text(7)),
         row.integer(8)});
    return true;
  });
  if (!read) return fail(read.error());
  if (!good) return fail(damaged("the state of an effect"));
  return out;
}

Expected<std::vector<change::EffectRecord>> StateStore::effects_of(uint64_t change) {
  return read_effects(statements_->effects_of.bind(1, change));
}

Expected<std::vector<change::EffectRecord>> StateStore::effects_in(change::EffectState state) {
  return read_effects(statements_->effects_in.bind(1, change::effect_state_name(state)));
}

}  // namespace postern::store
