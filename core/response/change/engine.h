// The change engine: everything an administrator or a playbook changes goes through here. A change is validated as a
// whole, then documents, secrets, journal, effects' intents and the audit entry are written in one transaction; only
// then is the new policy in force. It can be pending until it is confirmed, and taken back at any time by a three-way
// comparison of before, after and now. The admin thread only.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "response/audit/audit_log.h"
#include "response/change/change_store.h"
#include "response/change/effects.h"

namespace postern::change {

constexpr Seconds kClockSlack{2};  ///< wall and steady clock may part by so much before deadlines are judged anew
constexpr Seconds kLongestConfirm{24 * 3600};  ///< of confirm_within

/// Who wants a change, and why.
struct Author {
  std::string actor, via, reason;
};

struct Proposal {
  Author author;
  std::string action;                                                      ///< the audit's word: "user.add"
  std::vector<std::pair<DocumentName, std::optional<std::string>>> items;  ///< JSON wanted; absent = taken away
  std::vector<NewSecret> secrets;                                          ///< that the items name
  std::map<std::string, uint64_t> numbers;                                 ///< counters to be set with it
  std::vector<EffectIntent> effects;
  std::optional<Seconds> confirm_within;
  std::optional<Undo> undo;  ///< how it is taken back, when the effects do not tell
  std::string incident;
};

/// What became of a proposal.
struct Applied {
  uint64_t id = 0;      ///< the change that made it so
  bool changed = true;  ///< false: everything was like that already, nothing was written
  std::optional<WallTime> deadline;
};

/// What undoing a change would do to one of its documents.
struct UndoStep {
  enum class Kind : uint8_t { nothing, back, merged, conflict };
  DocumentName name;
  Kind kind = Kind::nothing;
  std::optional<std::string> now, then;
};

/// The policy in the making: compile() of the kinds stages documents in it.
class PolicyStage {
 public:
  virtual ~PolicyStage() = default;
  /// All documents of change `id` are staged: do they fit each other? Nothing is in force yet.
  virtual Expected<void> seal(uint64_t change) = 0;
  /// The change is durable: what was staged is in force.
  virtual void accept() = 0;
  virtual void drop() = 0;
};

class ChangeEngine {
 public:
  /// All outlive the engine. `boot` names this run of the machine, "" = unknown.
  ChangeEngine(ChangeStore& store, audit::AuditLog& audit, const DocumentKinds& kinds, PolicyStage& stage,
               EffectRunner& effects, const Clock& clock, std::string boot);

  /// Compiles every document, reads what is pending. Then revert_overdue() and the runner's settle(), before anybody is
  /// served.
  Expected<void> open();
  /// bad_input, not_found, pending (id, deadline), too_large, too_many, what the policy says, disk errors: nothing was
  /// changed.
  Expected<Applied> apply(Proposal proposal);
  /// conflict (documents) when one was changed since in a way that cannot be merged; irreversible (effect). Undoing
  /// what is undone already does nothing.
  Expected<Applied> undo(uint64_t id, const Author& author);
  Expected<std::vector<UndoStep>> plan_undo(uint64_t id);
  /// Keeps a pending change. not_found unless it is pending (or confirmed already).
  Expected<Applied> confirm(uint64_t id, const Author& author);

  /// Keeps a proposal's documents for later; a draft is superseded when one of them changes meanwhile.
  Expected<uint64_t> save_draft(Proposal proposal);
  Expected<Applied> apply_draft(uint64_t id, const Author& author, std::optional<Seconds> confirm_within);

  /// Reverts what is overdue; how many. At start and at each tick.
  Expected<size_t> revert_overdue();
  size_t pending() const { return pending_.size(); }

  /// Called after each commit that moved a change.
  void on_moved(std::function<void(const ChangeSet&)> handler) { moved_ = std::move(handler); }
  const DocumentKinds& kinds() const { return kinds_; }

 private:
  struct Pending {
    ChangeSet change;
    std::chrono::steady_clock::time_point due;
  };

  Expected<std::vector<Item>> resolve(const Proposal& proposal);
  Expected<void> refuse_pending(const std::vector<Item>& items, uint64_t but) const;
  Deadline deadline_after(Seconds within) const;

  struct Writing;
  Expected<Applied> write(Writing& writing);
  Expected<void> write_all(Writing& writing);
  Expected<void> write_documents(Writing& writing);
  Expected<void> write_secrets(const Writing& writing, const Item& item);
  Expected<void> compile(const Item& item, uint64_t version);
  Expected<void> compile_stored(const StoredDocument& document);
  Expected<void> write_audit(const Writing& writing);
  Expected<Applied> finish(Writing& writing);
  void roll_back();

  Expected<std::vector<UndoStep>> steps_of(const ChangeSet& change);
  Expected<std::optional<std::string>> merge(const Item& item, const std::string& now) const;
  Expected<Applied> take_back(const ChangeSet& change, const Author& author, const std::string& action);
  Expected<void> move(ChangeSet change, const Author& author, const std::string& action);

  Pending pend(ChangeSet change) const;
  bool overdue(const Pending& pending) const;
  Expected<void> judge_clocks();
  Expected<bool> revert_one(const ChangeSet& change);

  ChangeStore& store_;
  audit::AuditLog& audit_;
  const DocumentKinds& kinds_;
  PolicyStage& stage_;
  EffectRunner& effects_;
  const Clock& clock_;
  const std::string boot_;
  std::map<uint64_t, Pending> pending_;
  int64_t clocks_apart_ = 0;  ///< wall minus steady, microseconds, when last judged
  std::function<void(const ChangeSet&)> moved_;
};

/// The steady clock's microseconds.
int64_t mono_micros(const Clock& clock);

/// The change as one JSON Patch (RFC 6902) for each document: [{"document":"user/7","patch":[...],"inverse":[...]}].
std::string patches_of(const DocumentKinds& kinds, const std::vector<Item>& items, size_t size_limit);

/// Hexadecimal SHA-256 over everything that was changed, as in a change's audit entry ("items_sha256"): by it the
/// journal can be held against the trail.
std::string items_digest(const std::vector<Item>& items);

}  // namespace postern::change
