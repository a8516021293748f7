// The journal and the documents, held against the audit trail. The trail is proven by its own hashes; each entry of a
// change carries, beside its actor and its object, a digest of everything the change did. Reads only; memory does not
// grow with trail, journal or documents.
#include "service/admin/parts.h"

namespace postern::service {
namespace {

using audit::Damage;

constexpr size_t kPage = 100;  // documents or changes read at once

/// What the payload of a change's entry says.
struct Told {
  uint64_t change = 0;
  std::string items_digest, reason;
  uint64_t undoes = 0;
};

std::string text_in(const Json& payload, const char* field) {
  const auto found = payload.find(field);
  return found != payload.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Nothing for an entry that tells of no change of its own, or whose payload was erased.
std::optional<Told> told_in(const audit::StoredEntry& row) {
  if (!row.payload) return std::nullopt;
  const Json payload = Json::parse(as_text(row.payload->text), nullptr, false);
  if (!payload.is_object()) return std::nullopt;
  const auto change = parse_id(text_in(payload, "change"));
  std::string digest = text_in(payload, "items_sha256");
  if (!change || digest.empty()) return std::nullopt;
  return Told{*change, std::move(digest), text_in(payload, "reason"), parse_id(text_in(payload, "undoes")).value_or(0)};
}

bool agrees(const audit::Entry& entry, const Told& told, const change::ChangeSet& change) {
  // As JSON on both sides: what is no UTF-8 was replaced in the payload.
  const bool same_reason = canonical_json(Json(change.reason)) == canonical_json(Json(told.reason));
  return same_reason && told.undoes == change.undoes && entry.actor == audit::entry_field(change.actor) &&
         entry.via == audit::entry_field(change.via) && entry.action == audit::entry_field(change.action) &&
         entry.object == audit::entry_field(change::object_of(change)) &&
         told.items_digest == change::items_digest(change.items);
}

class JournalCheck {
 public:
  /// Entries from `end` on are not looked at.
  JournalCheck(store::StateStore& store, uint64_t end) : store_(store), end_(end) {}

  Expected<std::optional<audit::FirstDamage>> run() {
    Expected<void> done;
    bool whole = true;
    const auto read = store_.read_entries(1, false, true, [&](const audit::StoredEntry& row) {
      whole = row.entry.seq < end_;
      if (whole) done = take(row);
      return whole && done && !found_;
    });
    if (!read) return fail(read.error());
    if (done && whole && !found_) done = check_all_told();
    if (!done) return fail(done.error());
    return found_;
  }

 private:
  Expected<void> take(const audit::StoredEntry& row) {
    seq_ = row.entry.seq;
    const auto told = told_in(row);
    if (!told) {
      erased_ = erased_ || !row.payload;
      return {};
    }
    if (auto done = skip_to(told->change); !done) return done;
    if (found_) return {};
    const auto change = store_.change(told->change);
    if (!change) return damaged_is_found(change.error());
    if (!*change) return found(Damage::deleted);
    if (!agrees(row.entry, *told, **change)) return found(Damage::edited);
    return check_documents(**change);
  }

  /// Changes between those that entries tell of: their entries lost the payload, or they are drafts, never in force.
  /// Nothing vouches for them, but documents may rightly be as they made them.
  Expected<void> skip_to(uint64_t change) {
    for (uint64_t below = change; erased_ && !found_ && below > newest_ + 1;) {
      const auto page = store_.changes(below, kPage);
      if (!page) return damaged_is_found(page.error());
      if (page->empty()) break;
      for (const change::ChangeSet& row : *page) {
        below = row.id;
        // Ids that no change was given end it, too.
        if (row.id <= newest_ || row.id >= change) break;
        if (row.state == change::State::draft) continue;
        if (auto done = count_documents(row.id); !done) return done;
      }
      if (below >= change) break;
    }
    newest_ = std::max(newest_, change);
    erased_ = false;
    return {};
  }

  /// A row that makes no sense was edited.
  Expected<void> damaged_is_found(const Error& error) {
    return error.code == ErrorCode::folder_damaged ? found(Damage::edited) : fail(error);
  }

  /// What the change made of its documents is there, unless a later one has changed them again.
  Expected<void> check_documents(const change::ChangeSet& change) {
    for (const change::Item& item : change.items) {
      const auto document = store_.document(item.name);
      if (!document) return fail(document.error());
      if (!*document) return found(Damage::deleted);
      if ((*document)->version > change.id) continue;
      if ((*document)->version < change.id || (*document)->body != item.after) return found(Damage::edited);
      ++vouched_;
    }
    return {};
  }

  Expected<void> count_documents(uint64_t id) {
    const auto change = store_.change(id);
    if (!change) return damaged_is_found(change.error());
    if (!*change) return {};
    for (const change::Item& item : (*change)->items) {
      const auto document = store_.document(item.name);
      if (!document) return fail(document.error());
      if (*document && (*document)->version == id && (*document)->body == item.after) ++vouched_;
    }
    return {};
  }

  /// A document that names a change which did not make it was met with none of them; only their number tells.
  Expected<void> check_all_told() {
    if (auto done = skip_to(INT64_MAX); !done || found_) return done;
    const auto documents = count_rows();
    if (!documents) return fail(documents.error());
    return *documents == vouched_ ? Expected<void>() : found(Damage::edited);
  }

  Expected<uint64_t> count_rows() {
    uint64_t rows = 0;
    std::string after;
    for (;;) {
      const auto page = store_.documents("", after, kPage, true);
      if (!page) return fail(page.error());
      rows += page->size();
      if (page->size() < kPage) return rows;
      after = page->back().name.to_string();
    }
  }

  /// At the entry that is looked at.
  Expected<void> found(Damage kind) {
    found_ = audit::FirstDamage{std::max<uint64_t>(seq_, 1), kind};
    return {};
  }

  store::StateStore& store_;
  const uint64_t end_;
  uint64_t seq_ = 0;
  uint64_t newest_ = 0;   ///< change that an entry told of
  uint64_t vouched_ = 0;  ///< documents met with the change they name
  bool erased_ = false;   ///< a payload is gone since that entry
  std::optional<audit::FirstDamage> found_;
};

}  // namespace

Expected<void> AdminState::Parts::hold_journal_against(audit::Verdict& verdict) {
  const uint64_t end = verdict.first ? verdict.first->seq : UINT64_MAX;
  const auto found = JournalCheck(*store, end).run();
  if (!found) return fail(found.error());
  if (*found) verdict.first = *found;
  return {};
}

}  // namespace postern::service
