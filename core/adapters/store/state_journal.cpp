// The journal of state.db.
#include "adapters/store/state_statements.h"

namespace postern::store {

Expected<uint64_t> StateStore::put_change(const change::ChangeSet& change) {
  Statement& put = statements_->put_change;
  put.bind(1, change.time).bind(2, change.actor).bind(3, change.via).bind(4, change.reason);
  put.bind(5, change::state_name(change.state)).bind(6, change.deadline).bind(7, change.boot).bind(8, change.undoes);
  if (auto done = put.run(); !done) return fail(done.error());
  const auto id = static_cast<uint64_t>(database_.last_insert_id());
  int64_t position = 0;
  for (const change::Item& item : change.items) {
    const std::string before = item.before ? canonical_json(*item.before) : std::string();
    const std::string after = item.after ? canonical_json(*item.after) : std::string();
    Statement& row = statements_->put_item;
    row.bind(1, id).bind(2, position++).bind(3, item.name.kind).bind(4, item.name.id);
    if (item.before) row.bind(5, before);
    if (item.after) row.bind(6, after);
    if (auto done = row.run(); !done) return fail(done.error());
  }
  return id;
}

Expected<void> StateStore::update_change(uint64_t id, change::State state, uint64_t undone_by) {
  return statements_->update_change.bind(1, id).bind(2, change::state_name(state)).bind(3, undone_by).run();
}

Expected<change::ChangeSet> StateStore::read_change(const Statement& row) {
  change::ChangeSet out;
  out.id = static_cast<uint64_t>(row.integer(0));
  out.time = row.integer(1);
  out.actor = row.text(2);
  out.via = row.text(3);
  out.reason = row.text(4);
  const auto state = change::state_from_name(row.text(5));
  if (!state) return fail(ErrorCode::folder_damaged, {database_.path(), "the state of a change"});
  out.state = *state;
  out.deadline = row.integer(6);
  out.boot = row.text(7);
  out.undoes = static_cast<uint64_t>(row.integer(8));
  out.undone_by = static_cast<uint64_t>(row.integer(9));
  return out;
}

Expected<void> StateStore::read_items(change::ChangeSet& change) {
  Statement& rows = statements_->items;
  rows.bind(1, change.id);
  for (;;) {
    const auto row = rows.step();
    if (!row || !*row) {
      rows.reset();
      if (!row) return fail(row.error());
      return {};
    }
    change::Item item{{std::string(rows.text(0)), std::string(rows.text(1))}, std::nullopt, std::nullopt};
    if (!rows.is_null(2)) item.before = parse_json(rows.text(2)).value_or(Json());
    if (!rows.is_null(3)) item.after = parse_json(rows.text(3)).value_or(Json());
    change.items.push_back(std::move(item));
  }
}

Expected<std::optional<change::ChangeSet>> StateStore::change(uint64_t id) {
  Statement& row = statements_->change;
  const auto found = row.bind(1, id).step();
  if (!found || !*found) {
    row.reset();
    if (!found) return fail(found.error());
    return std::optional<change::ChangeSet>();
  }
  auto out = read_change(row);
  row.reset();
  if (!out) return fail(out.error());
  if (auto done = read_items(*out); !done) return fail(done.error());
  return std::optional<change::ChangeSet>(std::move(*out));
}

Expected<std::vector<change::ChangeSet>> StateStore::changes(uint64_t below, size_t limit, bool items) {
  Statement& rows = statements_->changes;
  rows.bind(1, below).bind(2, static_cast<int64_t>(limit));
  std::vector<change::ChangeSet> out;
  for (;;) {
    const auto row = rows.step();
    if (!row || !*row) {
      rows.reset();
      if (!row) return fail(row.error());
      break;
    }
    auto next = read_change(rows);
    if (!next) {
      rows.reset();
      return fail(next.error());
    }
    out.push_back(std::move(*next));
  }
  for (change::ChangeSet& change : out)
    if (items)
      if (auto done = read_items(change); !done) return fail(done.error());
  return out;
}

Expected<std::vector<change::ChangeSet>> StateStore::pending() {
  Statement& rows = statements_->pending;
  std::vector<change::ChangeSet> out;
  for (;;) {
    const auto row = rows.step();
    if (!row || !*row) {
      rows.reset();
      if (!row) return fail(row.error());
      break;
    }
    auto next = read_change(rows);
    if (next) out.push_back(std::move(*next));
  }
  for (change::ChangeSet& change : out)
    if (auto done = read_items(change); !done) return fail(done.error());
  return out;
}

}  // namespace postern::store
