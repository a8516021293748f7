#include "response/change/engine.h"

#include <algorithm>
#include <array>
#include <set>

namespace postern::change {
namespace {

constexpr std::array<std::string_view, 5> kStates{"applied", "pending-confirm", "confirmed", "reverted", "superseded"};

Json items_json(const std::vector<Item>& items) {
  Json out = Json::array();
  for (const Item& item : items) {
    Json entry{{"document", item.name.to_string()}};
    if (item.before) entry["before"] = *item.before;
    if (item.after) entry["after"] = *item.after;
    out.push_back(std::move(entry));
  }
  return out;
}

std::string object_words(const std::vector<Item>& items) {
  std::string out = items.empty() ? "" : items.front().name.to_string();
  if (items.size() > 1) out += " and " + std::to_string(items.size() - 1) + " more";
  return out;
}

}  // namespace

std::string_view state_name(State state) { return kStates[static_cast<size_t>(state)]; }

std::optional<State> state_from_name(std::string_view name) {
  const auto found = std::find(kStates.begin(), kStates.end(), name);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<State>(found - kStates.begin());
}

/// What is there now beside what is wanted; items that are as wanted already are left out.
Expected<std::vector<Item>> Engine::resolve(const Proposal& proposal) {
  if (proposal.items.size() > kItemLimit) return fail(ErrorCode::too_many, {"items", std::to_string(kItemLimit)});
  std::set<DocumentName> seen;
  std::vector<Item> out;
  for (const auto& [name, wanted] : proposal.items) {
    if (!seen.insert(name).second) return fail(ErrorCode::bad_input, {name.to_string(), "it stands twice in the change"});
    const auto now = store_.document(name);
    if (!now) return fail(now.error());
    Item item{name, std::nullopt, std::nullopt};
    if (*now) item.before = (*now)->body;
    if (wanted) {
      auto checked = kinds_.check(name, *wanted);
      if (!checked) return fail(checked.error());
      item.after = std::move(*checked);
    } else if (!item.before) {
      return fail(ErrorCode::not_found, {name.to_string()});
    }
    const DocumentKind* kind = kinds_.find(name.kind);
    if (!item.after && kind != nullptr && kind->fixed) return fail(ErrorCode::bad_input, {name.to_string(), "it can be changed, not taken away"});
    if (item.before != item.after) out.push_back(std::move(item));
  }
  if (out.empty()) return fail(ErrorCode::bad_input, {"change", "everything is like that already"});
  return out;
}

Expected<void> Engine::refuse_pending(const std::vector<Item>& items, uint64_t but) {
  const auto pending = store_.pending();
  if (!pending) return fail(pending.error());
  for (const ChangeSet& change : *pending) {
    if (change.id == but) continue;
    for (const Item& waiting : change.items)
      for (const Item& item : items)
        if (waiting.name == item.name) return fail(ErrorCode::pending, {std::to_string(change.id), format_rfc3339(change.deadline)});
  }
  return {};
}

Expected<uint64_t> Engine::apply(Proposal proposal) {
  auto items = resolve(proposal);
  if (!items) return fail(items.error());
  if (auto free = refuse_pending(*items, 0); !free) return fail(free.error());
  if (guard_)
    if (auto good = guard_(*items); !good) return fail(good.error());
  ChangeSet change;
  change.time = clock_.wall();
  change.actor = proposal.actor;
  change.via = proposal.via;
  change.reason = proposal.reason;
  change.items = std::move(*items);
  if (proposal.confirm_within) {
    change.state = State::pending_confirm;
    change.deadline = change.time + std::chrono::microseconds(*proposal.confirm_within).count();
    change.boot = boot_;
  }
  return write(std::move(change), proposal.action, 0, State::applied);
}

/// One transaction: documents, journal, the state of what is undone, the audit entry.
Expected<uint64_t> Engine::write(ChangeSet change, const std::string& action, uint64_t undoes, State undone_state) {
  change.undoes = undoes;
  if (auto begun = store_.begin(); !begun) return fail(begun.error());
  auto id = write_all(change, action, undone_state);
  if (id) {
    if (auto done = store_.commit(); !done) id = fail(done.error());
  }
  if (!id) {
    store_.rollback();
    trail_.rolled_back();
    return id;
  }
  trail_.committed();
  if (applied_) applied_(change.items);
  return id;
}

Expected<uint64_t> Engine::write_all(ChangeSet& change, const std::string& action, State undone_state) {
  const auto id = store_.put_change(change);
  if (!id) return id;
  for (const Item& item : change.items) {
    const auto now = store_.document(item.name);
    if (!now) return fail(now.error());
    const uint64_t version = *now ? (*now)->version : 0;
    const auto put = item.after ? store_.put_document({item.name, *item.after, version + 1, change.time, *id}) : store_.erase_document(item.name);
    if (!put) return fail(put.error());
  }
  if (change.undoes != 0)
    if (auto done = store_.update_change(change.undoes, undone_state, *id); !done) return fail(done.error());
  const Json payload{{"change", std::to_string(*id)}, {"reason", change.reason}, {"items", items_json(change.items)}};
  const auto seq = trail_.append(change.time, change.actor, change.via, action, object_words(change.items), canonical_json(payload));
  if (!seq) return fail(seq.error());
  return id;
}

/// The inverse against what is there now: each field goes back unless somebody changed it since.
Expected<uint64_t> Engine::revert(const ChangeSet& change, const std::string& actor, const std::string& via, const std::string& reason,
                                  const std::string& action) {
  ChangeSet inverse;
  inverse.time = clock_.wall();
  inverse.actor = actor;
  inverse.via = via;
  inverse.reason = reason;
  for (const Item& item : change.items) {
    const auto now = store_.document(item.name);
    if (!now) return fail(now.error());
    const std::optional<Json> present = *now ? std::optional<Json>((*now)->body) : std::nullopt;
    std::optional<Json> wanted = item.before;
    if (present != item.after) {
      const bool comparable = present && item.after && item.before;
      wanted = comparable ? merge(*item.after, *item.before, *present) : std::nullopt;
      if (!wanted) return fail(ErrorCode::conflict, {item.name.to_string()});
    }
    if (wanted != present) inverse.items.push_back({item.name, present, wanted});
  }
  if (inverse.items.empty()) return fail(ErrorCode::bad_input, {"change", "everything is like that already"});
  if (auto free = refuse_pending(inverse.items, change.id); !free) return fail(free.error());
  if (guard_)
    if (auto good = guard_(inverse.items); !good) return fail(good.error());
  return write(std::move(inverse), action, change.id, State::reverted);
}

Expected<uint64_t> Engine::undo(uint64_t id, const std::string& actor, const std::string& via, const std::string& reason) {
  const auto change = store_.change(id);
  if (!change) return fail(change.error());
  if (!*change) return fail(ErrorCode::not_found, {"change " + std::to_string(id)});
  if ((*change)->state == State::reverted) return fail(ErrorCode::conflict, {"change " + std::to_string(id)});
  return revert(**change, actor, via, reason.empty() ? "undo of change " + std::to_string(id) : reason, "change undo");
}

Expected<void> Engine::confirm(uint64_t id, const std::string& actor, const std::string& via) {
  const auto change = store_.change(id);
  if (!change) return fail(change.error());
  if (!*change || (*change)->state != State::pending_confirm) return fail(ErrorCode::not_found, {"pending change " + std::to_string(id)});
  if (auto begun = store_.begin(); !begun) return begun;
  auto done = store_.update_change(id, State::confirmed, 0);
  if (done) {
    const auto seq = trail_.append(clock_.wall(), actor, via, "change confirm", "change " + std::to_string(id), "{}");
    if (!seq) done = fail(seq.error());
  }
  if (done) done = store_.commit();
  if (!done) {
    store_.rollback();
    trail_.rolled_back();
    return done;
  }
  trail_.committed();
  return {};
}

Expected<size_t> Engine::revert_overdue() {
  const auto pending = store_.pending();
  if (!pending) return fail(pending.error());
  size_t reverted = 0;
  for (const ChangeSet& change : *pending) {
    if (change.deadline > clock_.wall()) continue;
    const auto done = revert(change, "postern", "deadline", "not confirmed in time", "change revert");
    if (done) ++reverted;
    // What cannot be put back (changed underneath) must not stay pending for ever.
    if (!done && done.error().code == ErrorCode::conflict) static_cast<void>(store_.update_change(change.id, State::superseded, 0));
    if (!done && done.error().code != ErrorCode::conflict) return fail(done.error());
  }
  return reverted;
}

Expected<void> Engine::note(const std::string& actor, const std::string& via, const std::string& action, const std::string& object, const Json& payload) {
  if (auto begun = store_.begin(); !begun) return begun;
  const auto seq = trail_.append(clock_.wall(), actor, via, action, object, canonical_json(payload));
  Expected<void> done;
  if (!seq) done = fail(seq.error());
  if (done) done = store_.commit();
  if (!done) {
    store_.rollback();
    trail_.rolled_back();
    return done;
  }
  trail_.committed();
  return {};
}

}  // namespace postern::change
