// Where documents, journal, secrets and effects are kept. Implemented by adapters/store on state.db, beside the audit
// trail and in the same transactions; secrets are encrypted there. Writing happens inside a transaction. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "response/audit/transactions.h"
#include "response/change/change_set.h"
#include "response/change/effect.h"

namespace postern::change {

struct StoredDocument {
  DocumentName name;
  std::optional<std::string> body;  ///< canonical JSON; absent: it was removed by change `version`
  uint64_t version = 0;             ///< id of the change that made it so
  WallTime changed = 0;
};

struct NewSecret {
  std::string id;
  DocumentName owner;  ///< the document that may name it
  std::string field;   ///< and in which field
  Secret value;
};

struct SecretInfo {
  std::string id;
  DocumentName owner;
  std::string field;
  WallTime created = 0;
  std::optional<WallTime> retired;  ///< since when no document names it
};

class ChangeStore : public virtual audit::Transactions {
 public:
  /// Also removed ones; nothing when there never was one.
  virtual Expected<std::optional<StoredDocument>> document(const DocumentName& name) = 0;
  /// In order of name after `after` (kind/id; "" = from the start); `kind` "" = all. Removed ones only when asked for.
  virtual Expected<std::vector<StoredDocument>> documents(const std::string& kind, const std::string& after,
                                                          size_t limit, bool removed) = 0;
  virtual Expected<void> put_document(const StoredDocument& document) = 0;

  /// Journals it with its items and gives it its id.
  virtual Expected<uint64_t> add_change(const ChangeSet& change) = 0;
  /// State, deadline and undone_by of a change.
  virtual Expected<void> move_change(const ChangeSet& change) = 0;
  virtual Expected<std::optional<ChangeSet>> change(uint64_t id) = 0;
  /// Newest first, below `below` (0 = from the newest); without items.
  virtual Expected<std::vector<ChangeSet>> changes(uint64_t below, size_t limit) = 0;
  /// With items, oldest first. Drafts and pending ones are few; nothing else is asked for.
  virtual Expected<std::vector<ChangeSet>> changes_in(State state) = 0;

  virtual Expected<void> put_secret(const NewSecret& secret, WallTime now) = 0;
  virtual Expected<std::optional<SecretInfo>> secret_info(const std::string& id) = 0;
  /// not_found; key_wrong when it does not open.
  virtual Expected<Secret> open_secret(const std::string& id) = 0;
  virtual Expected<void> retire_secret(const std::string& id, std::optional<WallTime> since) = 0;
  /// Those retired before `before`, at most `limit`, oldest first.
  virtual Expected<std::vector<SecretInfo>> retired_secrets(WallTime before, size_t limit) = 0;
  virtual Expected<void> erase_secret(const std::string& id) = 0;

  virtual Expected<void> add_effect(const EffectRecord& effect) = 0;
  virtual Expected<void> move_effect(const EffectRecord& effect) = 0;
  /// In the order they were added.
  virtual Expected<std::vector<EffectRecord>> effects_of(uint64_t change) = 0;
  virtual Expected<std::vector<EffectRecord>> effects_in(EffectState state) = 0;

  /// Named counters: 0 until set.
  virtual Expected<uint64_t> number(const std::string& name) = 0;
  virtual Expected<void> set_number(const std::string& name, uint64_t value) = 0;
};

}  // namespace postern::change
