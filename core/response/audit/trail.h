// The audit trail: appends entries in the transaction of what they record, signs heads, verifies the whole. The admin thread.
#pragma once

#include <functional>
#include <optional>

#include "base/expected.h"
#include "crypto/ed25519.h"
#include "response/audit/entry.h"

namespace postern::audit {

constexpr uint64_t kEntriesPerHead = 1000;
constexpr Seconds kSecondsPerHead{60};

struct StoredEntry {
  Entry entry;
  Digest hash{};  ///< of the chain up to here
};

struct Payload {
  Bytes salt;
  std::string text;
};

/// A signed statement: so many entries, this chain, this root.
struct Head {
  uint64_t size = 0;
  WallTime time = 0;
  Digest chain{}, root{};
  crypto::Ed25519Signature signature{};
};

/// Where the trail lives. Every call is inside a transaction of the owner.
class Store {
 public:
  virtual ~Store() = default;
  virtual Expected<void> put_entry(const StoredEntry& entry, const Payload& payload) = 0;
  virtual Expected<void> put_frontier(const Frontier& frontier, const Digest& chain) = 0;
  virtual Expected<std::pair<Frontier, Digest>> frontier() = 0;
  virtual Expected<void> put_head(const Head& head) = 0;
  /// The heads, oldest first.
  virtual Expected<std::vector<Head>> heads() = 0;
  /// Entries from `seq` on, in order of seq, until the visitor says false.
  virtual Expected<void> each_entry(uint64_t seq, const std::function<bool(const StoredEntry&)>& visit) = 0;
  /// Nothing when it was erased.
  virtual Expected<std::optional<Payload>> payload(uint64_t seq) = 0;
  virtual Expected<void> erase_payload(uint64_t seq) = 0;
};

enum class Damage : uint8_t { edited, deleted, truncated, reordered };
std::string_view damage_name(Damage damage);

struct Verdict {
  bool ok = true;
  uint64_t entries = 0;
  uint64_t first_bad = 0;
  Damage kind = Damage::edited;
};

class Trail {
 public:
  Trail(Store& store, crypto::Ed25519Key key) : store_(store), key_(std::move(key)) {}
  /// Reads frontier and newest head.
  Expected<void> load();
  /// Inside the caller's transaction. Takes effect in memory with committed() and is dropped with rolled_back().
  Expected<uint64_t> append(WallTime now, std::string actor, std::string via, std::string action, std::string object, std::string payload);
  void committed();
  void rolled_back();
  /// Is a head due? Then sign_head in a transaction.
  bool head_due(WallTime now) const;
  Expected<void> sign_head(WallTime now);
  /// Walks everything; the newest head kept elsewhere (`witness`) shows a truncation that took the heads along.
  Expected<Verdict> verify(const std::optional<Head>& witness);
  bool verify_head(const Head& head) const;
  uint64_t size() const { return frontier_.size(); }
  const std::optional<Head>& newest_head() const { return newest_head_; }

 private:
  Store& store_;
  crypto::Ed25519Key key_;
  Frontier frontier_, next_frontier_;
  Digest chain_{}, next_chain_{};
  std::optional<Head> newest_head_, next_head_;
  WallTime unsigned_since_ = 0;
};

Bytes head_octets(const Head& head);

}  // namespace postern::audit
