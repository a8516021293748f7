// Where the audit trail is kept. Implemented by adapters/store on state.db; payloads and salts are encrypted there.
// Writing happens inside a transaction of the caller. One thread at a time.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "response/audit/entry.h"
#include "response/audit/head.h"
#include "response/audit/merkle.h"
#include "response/audit/transactions.h"

namespace postern::audit {

struct Payload {
  Bytes salt;
  Bytes text;
};

/// An entry as it stands in the store, with what stands beside it. What is missing was taken out of the store.
struct StoredEntry {
  Entry entry;
  Digest chain{};
  std::optional<Digest> leaf;      ///< node (0, seq - 1)
  std::optional<Payload> payload;  ///< only when asked for
  bool has_payload = false;
  bool payload_broken = false;  ///< it is there and does not open
};

struct StoredFrontier {
  Frontier frontier;
  Digest mac{};
};

struct StoredNode {
  uint64_t index = 0;
  Digest hash{};
};

/// False ends the reading.
using EntryVisitor = std::function<bool(const StoredEntry&)>;
using NodeVisitor = std::function<bool(const StoredNode&)>;

class AuditStore : public virtual Transactions {
 public:
  /// Nothing when there is no frontier row.
  virtual Expected<std::optional<StoredFrontier>> frontier() = 0;
  virtual Expected<void> put_frontier(const StoredFrontier& frontier) = 0;
  virtual Expected<void> add_entry(const Entry& entry, const Digest& chain, const Payload& payload) = 0;
  virtual Expected<void> put_node(unsigned level, uint64_t index, const Digest& hash) = 0;
  virtual Expected<std::optional<Digest>> node(unsigned level, uint64_t index) = 0;
  /// In order of index, from `from`.
  virtual Expected<void> read_nodes(unsigned level, uint64_t from, const NodeVisitor& visit) = 0;

  /// In order of seq, from `from`; downwards when `newest_first`.
  virtual Expected<void> read_entries(uint64_t from, bool newest_first, bool with_payload,
                                      const EntryVisitor& visit) = 0;
  /// Of the entries first..last, both included; how many there were.
  virtual Expected<uint64_t> erase_payloads(uint64_t first, uint64_t last) = 0;

  virtual Expected<void> add_head(const SignedHead& head) = 0;
  /// All, in order of size.
  virtual Expected<std::vector<SignedHead>> heads() = 0;
  virtual Expected<std::optional<SignedHead>> newest_head() = 0;

  /// The newest head, kept outside the database too: a database cut short at its end is found by it.
  /// Nothing when there is none; bad_input when it is there and not readable.
  virtual Expected<std::optional<SignedHead>> outside_head() = 0;
  virtual Expected<void> keep_outside(const SignedHead& head) = 0;
};

}  // namespace postern::audit
