// What the request handlers share. Private to core/service/admin.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "crypto/ed25519.h"
#include "crypto/kdf.h"
#include "defence/identity/weak_password.h"
#include "response/audit/audit_log.h"
#include "response/audit/verify.h"
#include "response/change/engine.h"
#include "service/admin/admin_state.h"
#include "service/admin/kinds.h"
#include "service/admin/policy_builder.h"

namespace postern::service {

using change::DocumentName;

constexpr size_t kPageRows = 1000;          ///< of a list, at most
constexpr size_t kPageOctets = 640 * 1024;  ///< of a list's texts, so that its JSON fits a message
constexpr Seconds kUpkeepInterval{3600};
constexpr Seconds kIdleInterval{60};               ///< between two emptyings of the write-ahead log
constexpr const char* kAccountNumber = "account";  ///< counter: the last id of a user that was given out
constexpr int kRetiredDays = 30;                   ///< a secret no document names is kept so long, so that undo works
constexpr int kSigningKeyDays = 90;
constexpr int kRenewDays = 30;  ///< before the own certificate ends
constexpr WallTime kMicrosPerDay = 86'400 * kMicrosPerSecond;

struct AdminState::Parts {
  Parts(std::string folder, const crypto::AeadKey& kek, const Clock& clock);
  ~Parts();

  // open.cpp
  Expected<void> open_store(bool create);
  Expected<void> open_trail();
  /// Damage found at the trail's end is told of in the trail, once.
  void note_damage(const audit::FirstDamage& damage);
  Expected<void> open_engine(const std::string& boot);

  // keys.cpp
  Expected<void> make_data_key(uint32_t id);
  Expected<void> open_keys();
  Expected<void> renew_data_key();
  Expected<void> make_signing_key();
  Expected<void> open_signing_keys();
  Expected<void> renew_signing_key();

  // upkeep.cpp
  void upkeep();
  Expected<void> purge_secrets();
  Expected<void> sign_if_due();

  // users.cpp
  api::Reply user_add(const api::Caller& caller, const api::UserAdd& request);
  api::Reply user_set(const api::Caller& caller, const api::UserSet& request);
  api::Reply user_remove(const api::Caller& caller, const api::UserRemove& request);
  api::Reply user_list(const api::UserList& request);
  api::Reply user_show(const api::UserShow& request);
  const identity::Account* find_user(const std::string& user) const;
  /// The next id that no user has or ever had: one that was removed keeps his.
  Expected<uint64_t> free_user_id();
  Expected<change::NewSecret> password_secret(const Secret& password, const std::string& id, const std::string& address,
                                              identity::Weakness& weakness);
  api::Reply user_reply(const std::string& id, const change::Applied& applied,
                        identity::Weakness weakness = identity::Weakness::none);

  // users_removed.cpp
  struct Removed {
    std::string id;
    uint64_t version = 0;  ///< the change that removed it
    Json body;             ///< as it was
  };
  api::Reply user_restore(const api::Caller& caller, const api::UserRestore& request);
  /// In order of id.
  Expected<std::vector<Removed>> removed_users();
  Expected<std::optional<Removed>> find_removed(const std::string& user);
  using Administrators = std::vector<std::pair<DocumentName, std::string>>;  ///< documents with their JSON
  /// Those that went with the user, as they were; without those whose name or operating system user is another's now.
  Expected<Administrators> removed_administrators(const Removed& removed);

  // rows.cpp
  api::UserRow row_of(const identity::Account& account) const;
  api::UserRow row_of(const Removed& removed) const;
  api::ChangeRow row_of(const change::ChangeSet& change) const;

  // documents.cpp
  api::Reply document_list(const api::DocumentList& request);
  api::Reply document_get(const api::DocumentGet& request);
  api::Reply document_set(const api::Caller& caller, const api::DocumentSet& request);
  /// What holds: the document, completed, or what its kind falls back to; not_found.
  Expected<Json> body_of(const DocumentName& name);
  Expected<Json> with_fields(const DocumentName& name, const std::vector<api::FieldValue>& fields);

  // changes.cpp
  api::Reply change_list(const api::ChangeList& request);
  api::Reply change_show(const api::ChangeShow& request);
  api::Reply change_undo(const api::Caller& caller, const api::ChangeUndo& request);
  api::Reply change_confirm(const api::Caller& caller, const api::ChangeConfirm& request);
  /// The change of this id when the caller may touch what it touches.
  Expected<uint64_t> changeable(const api::Caller& caller, const std::string& id);

  // trail_requests.cpp
  api::Reply audit_list(const api::AuditList& request);
  api::Reply audit_show(const api::AuditShow& request);
  api::Reply audit_verify();

  // verify_journal.cpp
  /// An earlier damage of journal or documents takes the verdict's place. What lies behind damage of the trail is not
  /// looked at; erased payloads are skipped.
  Expected<void> hold_journal_against(audit::Verdict& verdict);

  // certificates.cpp
  api::Reply certificate_import(const api::Caller& caller, const api::CertificateImport& request);
  api::Reply certificate_show(const std::optional<std::string>& change);
  api::Reply certificate_authority();
  /// The own leaf is made anew when it ends soon or does not bear the names it should.
  Expected<void> renew_certificate();
  std::vector<std::string> certificate_names() const;

  Expected<void> may_change(const api::Caller& caller, const std::string& kind) const;
  Expected<change::Applied> apply(const api::Caller& caller, const std::string& reason, change::Proposal proposal);
  Expected<void> note(const audit::Record& record);
  change::NewSecret new_secret(const DocumentName& owner, const std::string& field, Secret value) const;

  const std::string folder;
  crypto::AeadKey kek;
  const Clock& clock;
  crypto::Argon2Cost password_cost;
  // In order of dependence.
  std::unique_ptr<store::StateStore> store;
  std::shared_ptr<const crypto::KeyRing> keys;
  WallTime data_key_made = 0;
  std::unique_ptr<audit::AuditLog> trail;
  std::optional<crypto::Ed25519Key> signing_key;
  WallTime signing_key_made = 0;
  audit::TrustedKeys trusted;
  crypto::AeadKey frontier_key{};
  PolicyBuilder builder;
  change::DocumentKinds kinds;
  std::unique_ptr<change::EffectRunner> effects;
  std::unique_ptr<change::ChangeEngine> engine;
  UsageOf usage;
  WallTime next_upkeep = 0;
  std::chrono::steady_clock::time_point next_idle{};
  // What AdminState::warnings tells of.
  bool audit_damaged = false;  ///< found when the trail was opened, or by a verification since
  bool upkeep_failed = false;  ///< a step of the last one
  bool revert_failed = false;  ///< at the last tick
};

/// A decimal number without sign and leading zeros, not 0.
std::optional<uint64_t> parse_id(const std::string& text);
/// Rows and octets a page may still take.
class PageBudget {
 public:
  explicit PageBudget(uint32_t limit) : rows_(limit == 0 ? kPageRows : std::min<size_t>(limit, kPageRows)) {}
  /// False: the page is full. The first row always fits.
  bool take(size_t octets) {
    if (rows_ == 0 || (octets > octets_ && octets_ < kPageOctets)) return false;
    --rows_;
    octets_ -= std::min(octets, octets_);
    return true;
  }

 private:
  size_t rows_;
  size_t octets_ = kPageOctets;
};

}  // namespace postern::service
