#include "response/audit/verify_kind.h"

namespace postern::audit {
namespace {

Digest leaf_as(Entry entry, uint64_t seq, Bytes& buffer) {
  entry.seq = seq;
  serialise(entry, buffer);
  return leaf_hash(buffer);
}

/// Was this content written as the entry of another place?
Expected<bool> belongs_elsewhere(AuditStore& store, const Entry& found, uint64_t seq) {
  bool elsewhere = false;
  Bytes buffer;
  auto read = store.read_nodes(0, 0, [&](const StoredNode& node) {
    elsewhere = node.index + 1 != seq && leaf_as(found, node.index + 1, buffer) == node.hash;
    return !elsewhere;
  });
  if (!read) return fail(read.error());
  return elsewhere;
}

/// Does the entry that was written as `seq` stand somewhere else now?
Expected<bool> stands_elsewhere(AuditStore& store, uint64_t seq) {
  const auto leaf = store.node(0, seq - 1);
  if (!leaf) return fail(leaf.error());
  if (!*leaf) return false;
  bool found = false;
  Bytes buffer;
  auto read = store.read_entries(1, false, false, [&](const StoredEntry& row) {
    found = row.entry.seq != seq && leaf_as(row.entry, seq, buffer) == **leaf;
    return !found;
  });
  if (!read) return fail(read.error());
  return found;
}

}  // namespace

Expected<Damage> kind_of_damage(AuditStore& store, uint64_t seq, const std::optional<Entry>& found) {
  const auto written = store.node(0, seq - 1);
  if (!written) return fail(written.error());
  // Nothing was ever written at this place: what stands there was put there.
  if (found && !*written) return Damage::edited;
  if (found) {
    const auto moved_in = belongs_elsewhere(store, *found, seq);
    if (!moved_in) return fail(moved_in.error());
    if (!*moved_in) return Damage::edited;
  }
  const auto moved_out = stands_elsewhere(store, seq);
  if (!moved_out) return fail(moved_out.error());
  return *moved_out ? Damage::reordered : Damage::deleted;
}

}  // namespace postern::audit
