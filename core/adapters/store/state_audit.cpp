// The audit trail in state.db.
#include <algorithm>

#include "adapters/store/state_statements.h"

namespace postern::store {
namespace {

template <class Array>
Array fixed(BytesView octets) {
  Array out{};
  std::copy_n(octets.begin(), std::min(octets.size(), out.size()), out.begin());
  return out;
}

audit::StoredEntry read_entry(const Statement& row) {
  audit::StoredEntry out;
  out.entry.seq = static_cast<uint64_t>(row.integer(0));
  out.entry.time = row.integer(1);
  out.entry.actor = row.text(2);
  out.entry.via = row.text(3);
  out.entry.action = row.text(4);
  out.entry.object = row.text(5);
  out.entry.commitment = fixed<audit::Digest>(row.blob(6));
  out.hash = fixed<audit::Digest>(row.blob(7));
  return out;
}

}  // namespace

Expected<void> StateStore::put_entry(const audit::StoredEntry& stored, const audit::Payload& payload) {
  const audit::Entry& entry = stored.entry;
  Statement& put = statements_->put_entry;
  put.bind(1, entry.seq).bind(2, entry.time).bind(3, entry.actor).bind(4, entry.via).bind(5, entry.action).bind(6, entry.object);
  if (auto done = put.bind(7, BytesView(entry.commitment)).bind(8, BytesView(stored.hash)).run(); !done) return done;
  Bytes plain = payload.salt;
  plain.insert(plain.end(), payload.text.begin(), payload.text.end());
  const Bytes box = seal("audit", std::to_string(entry.seq), plain);
  return statements_->put_payload.bind(1, entry.seq).bind(2, BytesView(box)).run();
}

Expected<std::optional<audit::Payload>> StateStore::payload(uint64_t seq) {
  Statement& row = statements_->payload;
  const auto found = row.bind(1, seq).step();
  std::optional<Bytes> plain;
  const bool there = found && *found;
  if (there) plain = unseal("audit", std::to_string(seq), row.blob(0));
  row.reset();
  if (!found) return fail(found.error());
  if (!there) return std::optional<audit::Payload>();
  if (!plain || plain->size() < audit::kSaltOctets) return fail(ErrorCode::folder_damaged, {database_.path(), "audit payload " + std::to_string(seq)});
  const BytesView octets(*plain);
  const BytesView salt = octets.first(audit::kSaltOctets);
  return std::optional<audit::Payload>(audit::Payload{Bytes(salt.begin(), salt.end()), to_string(octets.subspan(audit::kSaltOctets))});
}

Expected<void> StateStore::erase_payload(uint64_t seq) {
  Statement erase(database_, "DELETE FROM audit_payload WHERE seq=?1");
  return erase.bind(1, seq).run();
}

Expected<void> StateStore::put_frontier(const audit::Frontier& frontier, const audit::Digest& chain) {
  if (auto done = put_meta("audit_frontier", hex(frontier.serialise())); !done) return done;
  return put_meta("audit_chain", hex(chain));
}

Expected<std::pair<audit::Frontier, audit::Digest>> StateStore::frontier() {
  const auto frontier = meta("audit_frontier");
  if (!frontier) return fail(frontier.error());
  if (frontier->empty()) return std::pair<audit::Frontier, audit::Digest>{};
  const auto chain = meta("audit_chain");
  if (!chain) return fail(chain.error());
  const auto octets = from_hex(*frontier);
  const auto parsed = octets ? audit::Frontier::parse(*octets) : std::nullopt;
  const auto digest = from_hex(*chain);
  if (!parsed || !digest) return fail(ErrorCode::folder_damaged, {database_.path(), "audit frontier"});
  return std::pair<audit::Frontier, audit::Digest>{*parsed, fixed<audit::Digest>(*digest)};
}

Expected<void> StateStore::put_head(const audit::Head& head) {
  Statement put(database_, "INSERT INTO audit_head VALUES(?1,?2,?3,?4,?5)");
  put.bind(1, head.size).bind(2, head.time).bind(3, BytesView(head.chain)).bind(4, BytesView(head.root));
  return put.bind(5, BytesView(head.signature)).run();
}

Expected<std::vector<audit::Head>> StateStore::heads() {
  Statement rows(database_, "SELECT size,time,chain,root,signature FROM audit_head ORDER BY rowid");
  std::vector<audit::Head> out;
  for (;;) {
    const auto row = rows.step();
    if (!row) return fail(row.error());
    if (!*row) return out;
    audit::Head head;
    head.size = static_cast<uint64_t>(rows.integer(0));
    head.time = rows.integer(1);
    head.chain = fixed<audit::Digest>(rows.blob(2));
    head.root = fixed<audit::Digest>(rows.blob(3));
    head.signature = fixed<crypto::Ed25519Signature>(rows.blob(4));
    out.push_back(head);
  }
}

Expected<void> StateStore::each_entry(uint64_t seq, const std::function<bool(const audit::StoredEntry&)>& visit) {
  Statement& rows = statements_->entries;
  rows.bind(1, seq);
  for (;;) {
    const auto row = rows.step();
    if (row && *row && visit(read_entry(rows))) continue;
    rows.reset();
    if (!row) return fail(row.error());
    return {};
  }
}

}  // namespace postern::store
