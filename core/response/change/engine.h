// Change sets: validate, apply in one transaction with journal and audit entry, confirm or revert by itself, undo by three-way
// comparison. The admin thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "response/audit/trail.h"
#include "response/change/document.h"

namespace postern::change {

enum class State : uint8_t { applied, pending_confirm, confirmed, reverted, superseded };
std::string_view state_name(State state);
std::optional<State> state_from_name(std::string_view name);

/// One document's step. Absent = there is none.
struct Item {
  DocumentName name;
  std::optional<Json> before, after;
};

struct ChangeSet {
  uint64_t id = 0;
  WallTime time = 0;
  std::string actor, via, reason;
  State state = State::applied;
  WallTime deadline = 0;       ///< of pending_confirm, wall time; 0 = none
  std::string boot;            ///< of pending_confirm: which start of the machine the deadline was set in
  uint64_t undoes = 0, undone_by = 0;
  std::vector<Item> items;
};

struct StoredDocument {
  DocumentName name;
  Json body;
  uint64_t version = 0;
  WallTime changed = 0;
  uint64_t change = 0;
};

/// Where documents and journal live, beside the audit trail and in the same transaction.
class Store : public audit::Store {
 public:
  virtual Expected<void> begin() = 0;
  virtual Expected<void> commit() = 0;
  virtual void rollback() = 0;
  virtual Expected<std::optional<StoredDocument>> document(const DocumentName& name) = 0;
  /// In order of name, after `after` ("" = from the start); kind "" = all.
  virtual Expected<std::vector<StoredDocument>> documents(std::string_view kind, std::string_view after, size_t limit) = 0;
  virtual Expected<void> put_document(const StoredDocument& document) = 0;
  virtual Expected<void> erase_document(const DocumentName& name) = 0;
  /// Gives the change its id.
  virtual Expected<uint64_t> put_change(const ChangeSet& change) = 0;
  virtual Expected<void> update_change(uint64_t id, State state, uint64_t undone_by) = 0;
  virtual Expected<std::optional<ChangeSet>> change(uint64_t id) = 0;
  /// Newest first, ids below `below` (0 = from the newest), without items when `items` is false.
  virtual Expected<std::vector<ChangeSet>> changes(uint64_t below, size_t limit, bool items) = 0;
  virtual Expected<std::vector<ChangeSet>> pending() = 0;
};

/// Who wants it, and how.
struct Proposal {
  std::string actor, via, reason, action;  ///< action: the audit's word ("user add")
  std::vector<std::pair<DocumentName, std::optional<Json>>> items;  ///< wanted state; absent = taken away
  std::optional<Seconds> confirm_within;
};

class Engine {
 public:
  Engine(Store& store, audit::Trail& trail, const DocumentKinds& kinds, const Clock& clock, std::string boot)
      : store_(store), trail_(trail), kinds_(kinds), clock_(clock), boot_(std::move(boot)) {}

  /// Called after each commit with what was changed; before the id is returned.
  void on_applied(std::function<void(const std::vector<Item>&)> handler) { applied_ = std::move(handler); }
  /// Further checks across documents (unique addresses, last administrator), given the items to be applied.
  void set_guard(std::function<Expected<void>(const std::vector<Item>&)> guard) { guard_ = std::move(guard); }

  /// bad_input, not_found, pending, too_large, too_many, disk errors. A change that changes nothing is refused as conflict? No:
  /// items that are as wanted already are left out; nothing left is bad_input.
  Expected<uint64_t> apply(Proposal proposal);
  /// conflict (names the document) when it was changed since and cannot be merged.
  Expected<uint64_t> undo(uint64_t id, const std::string& actor, const std::string& via, const std::string& reason);
  Expected<void> confirm(uint64_t id, const std::string& actor, const std::string& via);
  /// Reverts what is overdue: at start (before listeners), on every tick. How many.
  Expected<size_t> revert_overdue();
  /// An audit entry without documents.
  Expected<void> note(const std::string& actor, const std::string& via, const std::string& action, const std::string& object, const Json& payload);

 private:
  Expected<std::vector<Item>> resolve(const Proposal& proposal);
  Expected<void> refuse_pending(const std::vector<Item>& items, uint64_t but);
  Expected<uint64_t> write(ChangeSet change, const std::string& action, uint64_t undoes, State undone_state);
  Expected<uint64_t> write_all(ChangeSet& change, const std::string& action, State undone_state);
  Expected<uint64_t> revert(const ChangeSet& change, const std::string& actor, const std::string& via, const std::string& reason, const std::string& action);

  Store& store_;
  audit::Trail& trail_;
  const DocumentKinds& kinds_;
  const Clock& clock_;
  const std::string boot_;
  std::function<void(const std::vector<Item>&)> applied_;
  std::function<Expected<void>(const std::vector<Item>&)> guard_;
};

}  // namespace postern::change
