// The audit trail in state.db; its newest head also in a file of its own.
#include <algorithm>
#include <filesystem>

#include "adapters/store/state_statements.h"
#include "base/secret.h"

namespace postern::store {
namespace {

constexpr std::string_view kPayloadLabel = "audit payload";
constexpr size_t kHeadFileLimit = 4096;  // octets

constexpr const char* kEntries =
    "SELECT e.seq,e.time,e.actor,e.via,e.action,e.object,e.commitment,e.chain,n.hash,p.box FROM audit_entry e "
    "LEFT JOIN audit_node n ON n.level=0 AND n.position=e.seq-1 LEFT JOIN audit_payload p ON p.seq=e.seq ";

// What has another length than it was written with becomes another value, so verification finds it.
audit::Digest digest_of(BytesView octets) {
  audit::Digest out{};
  if (octets.size() == out.size()) std::copy(octets.begin(), octets.end(), out.begin());
  return out;
}

Bytes head_octets(const audit::SignedHead& head) {
  Bytes out = audit::serialise(head.head);
  out.insert(out.end(), head.signature.begin(), head.signature.end());
  return out;
}

}  // namespace

Expected<std::optional<audit::StoredFrontier>> StateStore::frontier() {
  std::optional<audit::StoredFrontier> out;
  auto read = each_row(statements_->frontier, [&out](const Statement& row) {
    out.emplace();
    out->frontier.size = static_cast<uint64_t>(row.integer(0));
    out->frontier.chain = digest_of(row.blob(1));
    const BytesView peaks = row.blob(2);
    for (size_t at = 0; at + sizeof(audit::Digest) <= peaks.size(); at += sizeof(audit::Digest))
      out->frontier.peaks.push_back(digest_of(peaks.subspan(at, sizeof(audit::Digest))));
    out->mac = digest_of(row.blob(3));
    return false;
  });
  if (!read) return fail(read.error());
  return out;
}

Expected<void> StateStore::put_frontier(const audit::StoredFrontier& stored) {
  Bytes peaks;
  for (const audit::Digest& peak : stored.frontier.peaks) peaks.insert(peaks.end(), peak.begin(), peak.end());
  Statement& put = statements_->put_frontier;
  put.bind(1, stored.frontier.size).bind(2, BytesView(stored.frontier.chain)).bind(3, BytesView(peaks));
  return put.bind(4, BytesView(stored.mac)).run();
}

Expected<void> StateStore::add_entry(const audit::Entry& entry, const audit::Digest& chain,
                                     const audit::Payload& payload) {
  Statement& add = statements_->add_entry;
  add.bind(1, entry.seq).bind(2, entry.time).bind(3, entry.actor).bind(4, entry.via).bind(5, entry.action);
  add.bind(6, entry.object).bind(7, BytesView(entry.commitment)).bind(8, BytesView(chain));
  if (auto done = add.run(); !done) return done;
  Bytes plain = payload.salt;
  plain.insert(plain.end(), payload.text.begin(), payload.text.end());
  const Bytes box = seal(kPayloadLabel, std::to_string(entry.seq), plain);
  return statements_->add_payload.bind(1, entry.seq).bind(2, BytesView(box)).run();
}

Expected<void> StateStore::put_node(unsigned level, uint64_t index, const audit::Digest& hash) {
  return statements_->put_node.bind(1, level).bind(2, index).bind(3, BytesView(hash)).run();
}

Expected<std::optional<audit::Digest>> StateStore::node(unsigned level, uint64_t index) {
  std::optional<audit::Digest> out;
  auto read = each_row(statements_->node.bind(1, level).bind(2, index), [&out](const Statement& row) {
    out = digest_of(row.blob(0));
    return false;
  });
  if (!read) return fail(read.error());
  return out;
}

Expected<void> StateStore::read_nodes(unsigned level, uint64_t from, const audit::NodeVisitor& visit) {
  Statement rows(database_, "SELECT position,hash FROM audit_node WHERE level=?1 AND position>=?2 ORDER BY position");
  return each_row(rows.bind(1, level).bind(2, from), [&visit](const Statement& row) {
    return visit({static_cast<uint64_t>(row.integer(0)), digest_of(row.blob(1))});
  });
}

audit::StoredEntry StateStore::read_entry(const Statement& row, bool with_payload) {
  audit::StoredEntry out;
  out.entry = {static_cast<uint64_t>(row.integer(0)),
               row.integer(1),
               std::string(row.text(2)),
               std::string(row.text(3)),
               std::string(row.text(4)),
               std::string(row.text(5)),
               digest_of(row.blob(6))};
  out.chain = digest_of(row.blob(7));
  if (!row.is_null(8)) out.leaf = digest_of(row.blob(8));
  out.has_payload = !row.is_null(9);
  if (!with_payload || !out.has_payload) return out;
  auto plain = unseal(kPayloadLabel, std::to_string(out.entry.seq), row.blob(9));
  out.payload_broken = !plain || plain->size() < audit::kSaltSize;
  if (out.payload_broken) return out;
  const auto salt_end = plain->begin() + static_cast<std::ptrdiff_t>(audit::kSaltSize);
  out.payload = audit::Payload{Bytes(plain->begin(), salt_end), Bytes(salt_end, plain->end())};
  return out;
}

Expected<void> StateStore::read_entries(uint64_t from, bool newest_first, bool with_payload,
                                        const audit::EntryVisitor& visit) {
  const std::string order = newest_first ? "WHERE e.seq<=?1 ORDER BY e.seq DESC" : "WHERE e.seq>=?1 ORDER BY e.seq";
  Statement rows(database_, kEntries + order);
  rows.bind(1, static_cast<int64_t>(std::min<uint64_t>(from, INT64_MAX)));
  return each_row(rows, [&](const Statement& row) { return visit(read_entry(row, with_payload)); });
}

Expected<uint64_t> StateStore::erase_payloads(uint64_t first, uint64_t last) {
  Statement erase(database_, "DELETE FROM audit_payload WHERE seq BETWEEN ?1 AND ?2");
  if (auto done = erase.bind(1, first).bind(2, last).run(); !done) return fail(done.error());
  return static_cast<uint64_t>(database_.changes());
}

Expected<void> StateStore::add_head(const audit::SignedHead& head) {
  Statement add(database_, "INSERT INTO audit_head VALUES(?1,?2)");
  const Bytes octets = head_octets(head);
  return add.bind(1, head.head.size).bind(2, BytesView(octets)).run();
}

Expected<std::vector<audit::SignedHead>> StateStore::heads() {
  Statement rows(database_, "SELECT size,head FROM audit_head ORDER BY size");
  std::vector<audit::SignedHead> out;
  auto read = each_row(rows, [&out](const Statement& row) {
    // One that cannot be read is none that was signed: verification says so, at its place.
    audit::SignedHead broken;
    broken.head.size = static_cast<uint64_t>(row.integer(0));
    const auto head = audit::parse_head(row.blob(1));
    out.push_back(head && head->head.size == broken.head.size ? *head : broken);
    return true;
  });
  if (!read) return fail(read.error());
  return out;
}

Expected<std::optional<audit::SignedHead>> StateStore::newest_head() {
  std::optional<audit::SignedHead> out;
  auto read = each_row(statements_->newest_head, [&out](const Statement& row) {
    out = audit::parse_head(row.blob(0));
    return false;
  });
  if (!read) return fail(read.error());
  return out;
}

Expected<std::optional<audit::SignedHead>> StateStore::outside_head() {
  const std::string path = options_.folder + "/" + kAuditHeadFile;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::optional<audit::SignedHead>();
  const auto text = options_.files->read(path, 0, kHeadFileLimit);
  if (!text) return fail(text.error());
  auto head = audit::head_from_line(as_text(*text));
  if (!head) return fail(ErrorCode::bad_input, {path, "not a signed head"});
  return head;
}

Expected<void> StateStore::keep_outside(const audit::SignedHead& head) {
  const std::string path = options_.folder + "/" + kAuditHeadFile, fresh = path + ".new";
  auto file = options_.files->create(fresh);
  if (!file) return fail(file.error());
  if (auto done = (*file)->write(as_bytes(audit::to_line(head) + "\n")); !done) return done;
  if (auto done = (*file)->sync(); !done) return done;
  file->reset();
  if (auto done = options_.files->rename(fresh, path); !done) return done;
  return options_.files->sync_folder(options_.folder);
}

}  // namespace postern::store
