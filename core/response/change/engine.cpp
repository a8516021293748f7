#include "response/change/engine.h"

#include <set>

#include "base/json.h"
#include "base/log.h"
#include "response/change/writing.h"

namespace postern::change {
namespace {

constexpr size_t kPage = 500;  // documents read at once

}  // namespace

int64_t mono_micros(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::microseconds>(clock.now().time_since_epoch()).count();
}

ChangeEngine::ChangeEngine(ChangeStore& store, audit::AuditLog& audit, const DocumentKinds& kinds, PolicyStage& stage,
                           EffectRunner& effects, const Clock& clock, std::string boot)
    : store_(store),
      audit_(audit),
      kinds_(kinds),
      stage_(stage),
      effects_(effects),
      clock_(clock),
      boot_(std::move(boot)),
      clocks_apart_(clock.wall() - mono_micros(clock)) {}

Expected<void> ChangeEngine::open() {
  uint64_t newest = 0;
  std::string after;
  for (;;) {
    const auto page = store_.documents("", after, kPage, false);
    if (!page) return fail(page.error());
    for (const StoredDocument& document : *page) {
      if (auto done = compile_stored(document); !done) return done;
      newest = std::max(newest, document.version);
    }
    if (page->size() < kPage) break;
    after = page->back().name.to_string();
  }
  if (auto sealed = stage_.seal(newest); !sealed) {
    stage_.drop();
    return sealed;
  }
  stage_.accept();
  auto waiting = store_.changes_in(State::pending_confirm);
  if (!waiting) return fail(waiting.error());
  for (ChangeSet& change : *waiting) pending_[change.id] = pend(std::move(change));
  return {};
}

/// A document of an older version that this one refuses does not keep the service from starting when its kind has
/// something to fall back to.
Expected<void> ChangeEngine::compile_stored(const StoredDocument& document) {
  const auto done = compile({document.name, std::nullopt, document.body}, document.version);
  const DocumentKind* kind = kinds_.find(document.name);
  if (done || kind == nullptr) return done;
  std::string why = document.name.to_string() + ":";
  for (const std::string& arg : done.error().args) why += " " + arg;
  if (done.error().code != ErrorCode::bad_input) return done;
  if (kind->fallback.empty()) return fail(ErrorCode::folder_damaged, {"documents", why});
  log_error("change", "a document is left out and the defaults hold: " + why);
  return compile({document.name, std::nullopt, kind->fallback}, document.version);
}

/// What is there now beside what is wanted. Items that are as wanted already are left out.
Expected<std::vector<Item>> ChangeEngine::resolve(const Proposal& proposal) {
  if (proposal.items.size() > kItemLimit) return fail(ErrorCode::too_many, {"documents", std::to_string(kItemLimit)});
  std::set<DocumentName> seen;
  std::vector<Item> out;
  for (const auto& [name, wanted] : proposal.items) {
    if (!seen.insert(name).second)
      return fail(ErrorCode::bad_input, {name.to_string(), "it stands twice in the change"});
    const DocumentKind* kind = kinds_.find(name);
    if (kind == nullptr) return fail(ErrorCode::not_found, {"document " + name.to_string()});
    auto now = store_.document(name);
    if (!now) return fail(now.error());
    Item item{name, std::nullopt, std::nullopt};
    if (*now) item.before = std::move((*now)->body);
    if (wanted) {
      auto checked = kinds_.check(name, *wanted);
      if (!checked) return fail(checked.error());
      item.after = std::move(*checked);
    } else if (!item.before) {
      return fail(ErrorCode::not_found, {name.to_string()});
    } else if (!kind->removable) {
      return fail(ErrorCode::bad_input, {name.to_string(), "it can be changed, not taken away"});
    }
    if (item.before != item.after) out.push_back(std::move(item));
  }
  return out;
}

Expected<void> ChangeEngine::refuse_pending(const std::vector<Item>& items, uint64_t but) const {
  for (const auto& [id, waiting] : pending_) {
    if (id == but) continue;
    std::set<DocumentName> held;
    for (const Item& item : waiting.change.items) held.insert(item.name);
    for (const Item& item : items)
      if (held.contains(item.name))
        return fail(ErrorCode::pending, {std::to_string(id), format_rfc3339(waiting.change.deadline->wall)});
  }
  return {};
}

Expected<Applied> ChangeEngine::apply(Proposal proposal) {
  if (proposal.confirm_within && (*proposal.confirm_within <= Seconds(0) || *proposal.confirm_within > kLongestConfirm))
    return fail(ErrorCode::bad_input,
                {"confirm_within", "1 to " + std::to_string(kLongestConfirm.count()) + " seconds are expected"});
  auto items = resolve(proposal);
  if (!items) return fail(items.error());
  if (items->empty() && proposal.effects.empty()) {
    Applied as_it_is{0, false, std::nullopt};
    for (const auto& [name, wanted] : proposal.items)
      if (const auto now = store_.document(name); now && *now) as_it_is.id = std::max(as_it_is.id, (*now)->version);
    return as_it_is;
  }
  if (auto free = refuse_pending(*items, 0); !free) return fail(free.error());
  Writing writing;
  writing.change.actor = std::move(proposal.author.actor);
  writing.change.via = std::move(proposal.author.via);
  writing.change.reason = std::move(proposal.author.reason);
  writing.change.action = std::move(proposal.action);
  writing.change.incident = std::move(proposal.incident);
  writing.change.items = std::move(*items);
  writing.change.undo = proposal.undo.value_or(proposal.effects.empty() ? Undo::inverse : Undo::effect);
  if (proposal.confirm_within) {
    writing.change.state = State::pending_confirm;
    writing.change.deadline = deadline_after(*proposal.confirm_within);
  }
  writing.secrets = std::move(proposal.secrets);
  writing.numbers = std::move(proposal.numbers);
  writing.intents = std::move(proposal.effects);
  return write(writing);
}

Expected<uint64_t> ChangeEngine::save_draft(Proposal proposal) {
  auto items = resolve(proposal);
  if (!items) return fail(items.error());
  ChangeSet draft;
  draft.time = clock_.wall();
  draft.actor = proposal.author.actor;
  draft.via = proposal.author.via;
  draft.reason = proposal.author.reason;
  draft.action = proposal.action;
  draft.state = State::draft;
  draft.items = std::move(*items);
  draft.summary = summary_of(draft.items);
  audit::Transaction transaction(store_);
  if (!transaction.opened()) return fail(transaction.opened().error());
  const auto id = store_.add_change(draft);
  if (!id) return id;
  if (auto done = transaction.commit(); !done) return fail(done.error());
  return id;
}

Expected<Applied> ChangeEngine::apply_draft(uint64_t id, const Author& author, std::optional<Seconds> confirm_within) {
  auto draft = store_.change(id);
  if (!draft) return fail(draft.error());
  if (!*draft || (*draft)->state != State::draft) return fail(ErrorCode::not_found, {"draft " + std::to_string(id)});
  Proposal proposal;
  proposal.author = author;
  proposal.action = (*draft)->action;
  proposal.confirm_within = confirm_within;
  for (const Item& item : (*draft)->items) {
    const auto now = store_.document(item.name);
    if (!now) return fail(now.error());
    const auto body = *now ? (*now)->body : std::nullopt;
    if (body != item.before) {
      (*draft)->state = State::superseded;
      if (auto moved = move(**draft, author, "change.supersede"); !moved) return fail(moved.error());
      return fail(ErrorCode::conflict, {item.name.to_string()});
    }
    proposal.items.emplace_back(item.name, item.after);
  }
  auto applied = apply(std::move(proposal));
  if (!applied) return applied;
  // The draft has become that change.
  (*draft)->state = State::applied;
  if (auto moved = move(**draft, author, "change.draft"); !moved) return fail(moved.error());
  return applied;
}

}  // namespace postern::change
