// The audit trail as it is written: entries are appended in the transaction of the change they tell of, heads are
// signed after kHeadEntries entries or kHeadInterval. The admin thread only.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "crypto/aead.h"
#include "response/audit/audit_store.h"

namespace postern::audit {

constexpr uint64_t kHeadEntries = 1000;
constexpr Seconds kHeadInterval{60};

/// What an entry says. The payload is kept encrypted and can be erased.
struct Record {
  std::string actor;
  std::string via;
  std::string action;
  std::string object;
  std::string payload;  ///< JSON; beyond kPayloadLimit: too_large
};

constexpr const char* kEraseAction = "audit.erase";
/// The object of an erasing entry: "audit/5-900".
std::string erased_object(uint64_t first, uint64_t last);
bool parse_erased_object(std::string_view object, uint64_t& first, uint64_t& last);

/// Over the frontier: without the key nobody can make another one pass, not even between two heads.
Digest frontier_mac(const crypto::AeadKey& key, const Frontier& frontier);

class AuditLog {
 public:
  /// `mac_key` authenticates the frontier.
  AuditLog(AuditStore& store, const crypto::AeadKey& mac_key, const Clock& clock);
  ~AuditLog();

  /// Reads where the trail ends; also after a transaction was rolled back.
  Expected<void> load();
  /// Inside the caller's transaction; returns the entry's seq. After a failure or rollback call load().
  Expected<uint64_t> append(const Record& record);
  /// Removes payload and salt of the entries first..last for good and says so in an entry of its own. Inside the
  /// caller's transaction. not_found when one of them is not there.
  Expected<uint64_t> erase(uint64_t first, uint64_t last, Record who);

  uint64_t size() const { return frontier_.size; }
  /// Is a head to be signed now? Heads are made on the clock that does not jump.
  bool head_due() const;
  bool has_unsigned() const { return frontier_.size > signed_size_; }
  /// Signs, stores and keeps outside; in a transaction of its own. Nothing to do is no error.
  Expected<void> sign(const crypto::Ed25519Key& key);
  /// After a crash between a head's commit and its copy outside: makes the copy. True when heads had no copy at all,
  /// which somebody may have taken away.
  Expected<bool> keep_newest_outside();

 private:
  Expected<void> keep_outside(const SignedHead& head);

  AuditStore& store_;
  crypto::AeadKey mac_key_;
  const Clock& clock_;
  Frontier frontier_;
  uint64_t signed_size_ = 0;
  Digest last_head_{};
  std::chrono::steady_clock::time_point unsigned_since_{};
  Bytes buffer_;
};

}  // namespace postern::audit
