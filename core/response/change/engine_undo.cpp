// Taking changes back: the inverse against what is there now, never over what somebody changed since.
#include "base/json.h"
#include "response/change/writing.h"

namespace postern::change {
namespace {

std::string words(uint64_t id) {
  return "change " + std::to_string(id);
}

}  // namespace

/// A merged document, nothing when it cannot be merged.
Expected<std::optional<std::string>> ChangeEngine::merge(const Item& item, const std::string& now) const {
  const DocumentKind* kind = kinds_.find(item.name);
  if (kind == nullptr || !item.before || !item.after) return std::optional<std::string>();
  // From after to before, done to what is there now.
  const auto base = kind->parse(Json::parse(*item.after, nullptr, false));
  const auto mine = kind->parse(Json::parse(*item.before, nullptr, false));
  const auto theirs = kind->parse(Json::parse(now, nullptr, false));
  if (!base || !mine || !theirs) return std::optional<std::string>();
  const auto merged = kind->merge(*base, *mine, *theirs);
  if (!merged) return std::optional<std::string>();
  auto checked = kinds_.check(item.name, kind->canonical(*merged));
  if (!checked) return std::optional<std::string>();
  return std::optional<std::string>(std::move(*checked));
}

Expected<std::vector<UndoStep>> ChangeEngine::steps_of(const ChangeSet& change) {
  std::vector<UndoStep> out;
  for (const Item& item : change.items) {
    auto stored = store_.document(item.name);
    if (!stored) return fail(stored.error());
    UndoStep step{item.name, UndoStep::Kind::nothing, *stored ? (*stored)->body : std::nullopt, std::nullopt};
    step.then = step.now;
    if (step.now == item.after) {
      step.kind = UndoStep::Kind::back;
      step.then = item.before;
    } else if (step.now != item.before) {
      auto merged = step.now ? merge(item, *step.now) : Expected<std::optional<std::string>>(std::nullopt);
      if (!merged) return fail(merged.error());
      step.kind = *merged ? UndoStep::Kind::merged : UndoStep::Kind::conflict;
      if (*merged) step.then = std::move(*merged);
    }
    if (step.kind != UndoStep::Kind::conflict && step.now == step.then) step.kind = UndoStep::Kind::nothing;
    out.push_back(std::move(step));
  }
  return out;
}

Expected<std::vector<UndoStep>> ChangeEngine::plan_undo(uint64_t id) {
  const auto change = store_.change(id);
  if (!change) return fail(change.error());
  if (!*change) return fail(ErrorCode::not_found, {words(id)});
  return steps_of(**change);
}

Expected<Applied> ChangeEngine::undo(uint64_t id, const Author& author) {
  const auto change = store_.change(id);
  if (!change) return fail(change.error());
  if (!*change || (*change)->state == State::draft) return fail(ErrorCode::not_found, {words(id)});
  if ((*change)->undo == Undo::irreversible) return fail(ErrorCode::irreversible, {words(id)});
  return take_back(**change, author, "change.undo");
}

Expected<Applied> ChangeEngine::take_back(const ChangeSet& change, const Author& author, const std::string& action) {
  auto steps = steps_of(change);
  if (!steps) return fail(steps.error());
  Writing writing;
  std::string conflicts;
  for (UndoStep& step : *steps) {
    if (step.kind == UndoStep::Kind::conflict) conflicts += (conflicts.empty() ? "" : ", ") + step.name.to_string();
    if (step.kind == UndoStep::Kind::back || step.kind == UndoStep::Kind::merged)
      writing.change.items.push_back({step.name, std::move(step.now), std::move(step.then)});
  }
  if (!conflicts.empty()) return fail(ErrorCode::conflict, {conflicts});
  auto inverses = effects_.inverses(change.id);
  if (!inverses) return fail(inverses.error());
  const bool nothing_left = writing.change.items.empty() && (inverses->empty() || change.state == State::reverted);
  if (nothing_left && change.state != State::pending_confirm) return Applied{change.undone_by, false, std::nullopt};
  if (auto free = refuse_pending(writing.change.items, change.id); !free) return fail(free.error());
  writing.change.actor = author.actor;
  writing.change.via = author.via;
  writing.change.reason = author.reason.empty() ? "undo of " + words(change.id) : author.reason;
  writing.change.action = action;
  writing.change.incident = change.incident;
  writing.change.undo = change.undo;
  writing.change.undoes = change.id;
  writing.intents = std::move(*inverses);
  writing.taken_back = change;
  writing.taken_back->deadline.reset();
  return write(writing);
}

Expected<Applied> ChangeEngine::confirm(uint64_t id, const Author& author) {
  auto change = store_.change(id);
  if (!change) return fail(change.error());
  if (*change && (*change)->state == State::confirmed) return Applied{id, false, std::nullopt};
  if (!*change || (*change)->state != State::pending_confirm)
    return fail(ErrorCode::not_found, {"pending " + words(id)});
  (*change)->state = State::confirmed;
  (*change)->deadline.reset();
  if (auto moved = move(**change, author, "change.confirm"); !moved) return fail(moved.error());
  pending_.erase(id);
  return Applied{id, true, std::nullopt};
}

/// A new state without a change of documents.
Expected<void> ChangeEngine::move(ChangeSet change, const Author& author, const std::string& action) {
  audit::Transaction transaction(store_);
  if (!transaction.opened()) return transaction.opened();
  auto done = store_.move_change(change);
  if (done) {
    const Json payload{{"change", std::to_string(change.id)},
                       {"state", std::string(state_name(change.state))},
                       {"reason", author.reason}};
    const auto seq = audit_.append(
        {author.actor, author.via, action, "change/" + std::to_string(change.id), canonical_json(payload)});
    if (!seq) done = fail(seq.error());
  }
  if (done) done = transaction.commit();
  if (!done) {
    store_.rollback();
    static_cast<void>(audit_.load());
    return done;
  }
  if (moved_) moved_(change);
  return {};
}

}  // namespace postern::change
