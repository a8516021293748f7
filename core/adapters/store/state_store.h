// state.db: documents, journal, effects, secrets, wrapped data keys and the audit trail (WAL, FULL). One connection,
// used by the admin thread alone. Secrets and audit payloads are sealed with the key ring; documents, journal and audit
// entries stand in clear.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/store/sqlite.h"
#include "base/files.h"
#include "crypto/keys.h"
#include "response/audit/audit_store.h"
#include "response/change/change_store.h"

namespace postern::store {

constexpr int64_t kStateSchema = 1;
constexpr const char* kStateFile = "state.db";
constexpr const char* kAuditHeadFile = "audit.head";
constexpr uint64_t kStateWalLimit = 16ULL << 20;  ///< octets; beyond it a commit is followed by a checkpoint

struct StateStoreOptions {
  std::string folder;
  bool create = false;
  std::string vfs;              ///< "" = the default; tests name a shim
  FileSystem* files = nullptr;  ///< for the head outside; outlives the store
};

class StateStore final : public change::ChangeStore, public audit::AuditStore {
 public:
  /// Opens, or makes with `create`, and migrates. not_initialised, folder_newer, folder_*, disk_full.
  static Expected<std::unique_ptr<StateStore>> open(StateStoreOptions options);
  ~StateStore() override;

  Expected<std::vector<crypto::WrappedKey>> data_keys();
  Expected<void> put_data_key(const crypto::WrappedKey& key);
  /// Until then nothing sealed can be written or read.
  void set_keys(std::shared_ptr<const crypto::KeyRing> keys);
  /// Secrets of one owner, newest first.
  Expected<std::vector<change::SecretInfo>> secrets_of(const change::DocumentName& owner);
  /// Empties the write-ahead log when something was written since; for quiet moments.
  void idle();
  uint64_t octets() const;  ///< of the database file and its log
  /// The database refuses to grow beyond so many pages, with disk_full: what tests fill up.
  Expected<void> limit_pages(uint64_t pages);

  // Transactions
  Expected<void> begin() override;
  Expected<void> commit() override;
  void rollback() noexcept override;

  // change::ChangeStore
  Expected<std::optional<change::StoredDocument>> document(const change::DocumentName& name) override;
  Expected<std::vector<change::StoredDocument>> documents(const std::string& kind, const std::string& after,
                                                          size_t limit, bool removed) override;
  Expected<void> put_document(const change::StoredDocument& document) override;
  Expected<uint64_t> add_change(const change::ChangeSet& change) override;
  Expected<void> move_change(const change::ChangeSet& change) override;
  Expected<std::optional<change::ChangeSet>> change(uint64_t id) override;
  Expected<std::vector<change::ChangeSet>> changes(uint64_t below, size_t limit) override;
  Expected<std::vector<change::ChangeSet>> changes_in(change::State state) override;
  Expected<void> put_secret(const change::NewSecret& secret, WallTime now) override;
  Expected<std::optional<change::SecretInfo>> secret_info(const std::string& id) override;
  Expected<Secret> open_secret(const std::string& id) override;
  Expected<void> retire_secret(const std::string& id, std::optional<WallTime> since) override;
  Expected<std::vector<change::SecretInfo>> retired_secrets(WallTime before, size_t limit) override;
  Expected<void> erase_secret(const std::string& id) override;
  Expected<void> add_effect(const change::EffectRecord& effect) override;
  Expected<void> move_effect(const change::EffectRecord& effect) override;
  Expected<std::vector<change::EffectRecord>> effects_of(uint64_t change) override;
  Expected<std::vector<change::EffectRecord>> effects_in(change::EffectState state) override;
  Expected<uint64_t> number(const std::string& name) override;
  Expected<void> set_number(const std::string& name, uint64_t value) override;

  // audit::AuditStore
  Expected<std::optional<audit::StoredFrontier>> frontier() override;
  Expected<void> put_frontier(const audit::StoredFrontier& frontier) override;
  Expected<void> add_entry(const audit::Entry& entry, const audit::Digest& chain,
                           const audit::Payload& payload) override;
  Expected<void> put_node(unsigned level, uint64_t index, const audit::Digest& hash) override;
  Expected<std::optional<audit::Digest>> node(unsigned level, uint64_t index) override;
  Expected<void> read_nodes(unsigned level, uint64_t from, const audit::NodeVisitor& visit) override;
  Expected<void> read_entries(uint64_t from, bool newest_first, bool with_payload,
                              const audit::EntryVisitor& visit) override;
  Expected<uint64_t> erase_payloads(uint64_t first, uint64_t last) override;
  Expected<void> add_head(const audit::SignedHead& head) override;
  Expected<std::vector<audit::SignedHead>> heads() override;
  Expected<std::optional<audit::SignedHead>> newest_head() override;
  Expected<std::optional<audit::SignedHead>> outside_head() override;
  Expected<void> keep_outside(const audit::SignedHead& head) override;

 private:
  struct Statements;
  StateStore(Database database, StateStoreOptions options);
  Error damaged(const std::string& what) const;
  Expected<change::ChangeSet> read_change(const Statement& row) const;
  Expected<void> read_items(change::ChangeSet& change);
  Expected<std::vector<change::ChangeSet>> read_changes(Statement& rows);
  Expected<std::vector<change::EffectRecord>> read_effects(Statement& rows);
  audit::StoredEntry read_entry(const Statement& row, bool with_payload);
  /// The key's id and a box that opens under this label and id alone.
  Bytes seal(std::string_view label, std::string_view id, BytesView plain);
  std::optional<Bytes> unseal(std::string_view label, std::string_view id, BytesView sealed);
  const crypto::AeadKey& key_for(uint32_t id, std::string_view label);
  void forget_keys();
  void checkpoint_if_large();

  const StateStoreOptions options_;
  Database database_;
  std::unique_ptr<Statements> statements_;
  std::shared_ptr<const crypto::KeyRing> keys_;
  std::map<std::pair<uint32_t, std::string>, crypto::AeadKey> derived_;
  bool dirty_ = false;
};

}  // namespace postern::store
