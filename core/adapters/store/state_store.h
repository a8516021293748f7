// state.db: documents, journal, audit trail, secrets, wrapped data keys. One connection, used by the admin thread alone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/store/sqlite.h"
#include "crypto/keys.h"
#include "response/change/engine.h"

namespace postern::store {

constexpr int64_t kStateSchema = 1;
constexpr int kRetiredDays = 30;  ///< a secret no document names any more is kept so long, so that undo works

class StateStore final : public change::Store {
 public:
  /// Opens (or makes, with `create`) and migrates; folder_newer, folder_*, not_initialised.
  static Expected<std::unique_ptr<StateStore>> open(const std::string& folder, bool create);
  ~StateStore() override;

  // Keys. Until set_keys nothing sealed can be read or written.
  Expected<std::vector<crypto::WrappedKey>> data_keys();
  Expected<void> put_data_key(const crypto::WrappedKey& key);
  void set_keys(std::shared_ptr<const crypto::KeyRing> keys);

  // Secrets, sealed. Ids are given out here and never used twice.
  Expected<std::string> put_secret(BytesView value, WallTime now);
  Expected<std::optional<Bytes>> secret(const std::string& id);
  /// Marks secrets not in `named` as retired, un-marks those that are, forgets those retired for kRetiredDays.
  Expected<void> retire_secrets(const std::vector<std::string>& named, WallTime now);

  Expected<std::string> meta(const std::string& name);
  Expected<void> put_meta(const std::string& name, const std::string& value);
  Expected<uint64_t> next_number(const std::string& name);

  // change::Store
  Expected<void> begin() override;
  Expected<void> commit() override;
  void rollback() override;
  Expected<std::optional<change::StoredDocument>> document(const change::DocumentName& name) override;
  Expected<std::vector<change::StoredDocument>> documents(std::string_view kind, std::string_view after, size_t limit) override;
  Expected<void> put_document(const change::StoredDocument& document) override;
  Expected<void> erase_document(const change::DocumentName& name) override;
  Expected<uint64_t> put_change(const change::ChangeSet& change) override;
  Expected<void> update_change(uint64_t id, change::State state, uint64_t undone_by) override;
  Expected<std::optional<change::ChangeSet>> change(uint64_t id) override;
  Expected<std::vector<change::ChangeSet>> changes(uint64_t below, size_t limit, bool items) override;
  Expected<std::vector<change::ChangeSet>> pending() override;

  // audit::Store
  Expected<void> put_entry(const audit::StoredEntry& entry, const audit::Payload& payload) override;
  Expected<void> put_frontier(const audit::Frontier& frontier, const audit::Digest& chain) override;
  Expected<std::pair<audit::Frontier, audit::Digest>> frontier() override;
  Expected<void> put_head(const audit::Head& head) override;
  Expected<std::vector<audit::Head>> heads() override;
  Expected<void> each_entry(uint64_t seq, const std::function<bool(const audit::StoredEntry&)>& visit) override;
  Expected<std::optional<audit::Payload>> payload(uint64_t seq) override;
  Expected<void> erase_payload(uint64_t seq) override;

 private:
  struct Statements;
  StateStore(Database database);
  Expected<change::ChangeSet> read_change(const Statement& row);
  Expected<void> read_items(change::ChangeSet& change);
  Bytes seal(std::string_view label, std::string_view id, BytesView plain) const;
  std::optional<Bytes> unseal(std::string_view label, std::string_view id, BytesView box) const;
  void checkpoint_if_large();

  Database database_;
  std::unique_ptr<Statements> statements_;
  std::shared_ptr<const crypto::KeyRing> keys_;
  unsigned commits_ = 0;
};

}  // namespace postern::store
