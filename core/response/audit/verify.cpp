#include "response/audit/verify.h"

#include <algorithm>
#include <map>

#include "response/audit/audit_log.h"
#include "response/audit/recorded.h"
#include "response/audit/verify_kind.h"

namespace postern::audit {
namespace {

constexpr uint64_t kCancelEvery = 1000;  // entries

/// Payloads that are gone, until an entry is met that says so. Ranges, because erasing works on ranges.
class MissingPayloads {
 public:
  void add(uint64_t seq) {
    if (!ranges_.empty() && std::prev(ranges_.end())->second + 1 == seq)
      std::prev(ranges_.end())->second = seq;
    else
      ranges_[seq] = seq;
  }
  void accounted_for(uint64_t first, uint64_t last) {
    for (auto range = ranges_.begin(); range != ranges_.end() && range->first <= last;) {
      const auto [begin, end] = *range;
      range = end < first ? std::next(range) : cut(range, begin, end, first, last);
    }
  }
  std::optional<uint64_t> first() const {
    return ranges_.empty() ? std::nullopt : std::optional<uint64_t>(ranges_.begin()->first);
  }

 private:
  using Ranges = std::map<uint64_t, uint64_t>;
  Ranges::iterator cut(Ranges::iterator range, uint64_t begin, uint64_t end, uint64_t first, uint64_t last) {
    const auto after = ranges_.erase(range);
    if (begin < first) ranges_[begin] = first - 1;
    if (end > last) ranges_[last + 1] = end;
    return after;
  }
  Ranges ranges_;
};

class Verifier {
 public:
  Verifier(AuditStore& store, const VerifyOptions& options) : store_(store), options_(options) {}

  Expected<Verdict> run() {
    auto heads = store_.heads();
    if (!heads) return fail(heads.error());
    heads_ = std::move(*heads);
    if (auto read = read_entries(); !read) return fail(read.error());
    if (cancelled_) return fail(ErrorCode::cancelled, {"audit verify"});
    verdict_.entries = frontier_.size;
    if (verdict_.ok() || verdict_.first->kind == Damage::edited) check_missing();
    for (auto check :
         {&Verifier::check_frontier, &Verifier::check_heads, &Verifier::check_outside, &Verifier::check_nodes})
      if (verdict_.ok())
        if (auto done = (this->*check)(); !done) return fail(done.error());
    if (auto read = read_rest(); !read) return fail(read.error());
    // What was found first stays first, also when appending has moved it or hidden it since.
    if (recorded_ && (verdict_.ok() || recorded_->seq <= verdict_.first->seq)) verdict_.first = recorded_;
    return verdict_;
  }

 private:
  void found(uint64_t seq, Damage kind) {
    if (!verdict_.first || seq < verdict_.first->seq) verdict_.first = FirstDamage{seq, kind};
  }

  Expected<void> read_entries() {
    std::optional<Entry> misfit;
    bool fits = true;
    auto read = store_.read_entries(1, false, options_.payloads, [&](const StoredEntry& row) {
      if (frontier_.size % kCancelEvery == 0 && options_.cancelled && options_.cancelled()) {
        cancelled_ = true;
        return false;
      }
      if (row.entry.seq != frontier_.size + 1) return fits = false;
      if (!take(row)) {
        misfit = row.entry;
        return fits = false;
      }
      return verdict_.ok();
    });
    if (!read || fits) return read;
    const uint64_t seq = frontier_.size + 1;
    const auto kind = kind_of_damage(store_, seq, misfit);
    if (!kind) return fail(kind.error());
    found(seq, *kind);
    return {};
  }

  /// Behind the damage that ended the reading there may be entries that tell of an earlier one.
  Expected<void> read_rest() {
    if (verdict_.ok()) return {};
    return store_.read_entries(frontier_.size + 1, false, false, [this](const StoredEntry& row) {
      take_recorded(row.entry);
      return true;
    });
  }

  void take_recorded(const Entry& entry) {
    const auto told = recorded_in(entry);
    if (told && (!recorded_ || told->seq < recorded_->seq)) recorded_ = told;
  }

  /// False when the row is not what was written at its place.
  bool take(const StoredEntry& row) {
    serialise(row.entry, buffer_);
    const Digest chain = link(frontier_.chain, buffer_);
    const Digest leaf = leaf_hash(buffer_);
    if (chain != row.chain || row.leaf != leaf) return false;
    add_leaf(frontier_, leaf, {});
    frontier_.chain = chain;
    take_recorded(row.entry);
    check_payload(row);
    check_head();
    return true;
  }

  void check_payload(const StoredEntry& row) {
    if (!row.has_payload) missing_.add(row.entry.seq);
    uint64_t first = 0, last = 0;
    if (row.entry.action == kEraseAction && parse_erased_object(row.entry.object, first, last))
      missing_.accounted_for(first, last);
    const bool broken =
        row.payload_broken || (row.payload && commit_to(row.payload->salt, row.payload->text) != row.entry.commitment);
    if (broken) found(row.entry.seq, Damage::edited);
  }

  /// The head that was signed when the trail had this size has to say the same.
  void check_head() {
    while (next_head_ < heads_.size() && heads_[next_head_].head.size <= frontier_.size) {
      const SignedHead& signed_head = heads_[next_head_++];
      const Head& head = signed_head.head;
      const bool genuine = is_genuine(signed_head, options_.keys) && head.size == frontier_.size;
      if (!genuine) return found(head.size, Damage::edited);
      if (head.previous != last_head_) return found(head.size, Damage::deleted);
      // Entries that were made anew fit each other, but not what was signed: the first may be any since the last head.
      if (head.root != root_of(frontier_) || head.chain != frontier_.chain)
        return found(good_size_ + 1, Damage::edited);
      last_head_ = digest_of(signed_head);
      good_size_ = head.size;
      ++verdict_.heads;
    }
  }

  void check_missing() {
    if (const auto first = missing_.first()) found(*first, Damage::deleted);
  }

  Expected<void> check_frontier() {
    const auto stored = store_.frontier();
    if (!stored) return fail(stored.error());
    if (!*stored) {
      if (frontier_.size > 0) found(frontier_.size, Damage::deleted);
      return {};
    }
    const Frontier& known = (*stored)->frontier;
    const bool genuine = options_.mac_key == nullptr || (*stored)->mac == frontier_mac(*options_.mac_key, known);
    if (known.size > frontier_.size)
      found(frontier_.size + 1, Damage::truncated);
    else if (known.size < frontier_.size)
      found(known.size + 1, Damage::edited);
    else if (known != frontier_ || !genuine)
      found(std::max<uint64_t>(frontier_.size, 1), Damage::edited);
    return {};
  }

  /// Heads beyond the last entry.
  Expected<void> check_heads() {
    if (next_head_ >= heads_.size()) return {};
    const bool genuine = is_genuine(heads_[next_head_], options_.keys);
    found(frontier_.size + 1, genuine ? Damage::truncated : Damage::edited);
    return {};
  }

  Expected<void> check_outside() {
    const auto outside = store_.outside_head();
    if (!outside) {
      if (outside.error().code != ErrorCode::bad_input) return fail(outside.error());
      found(std::max<uint64_t>(good_size_, 1), Damage::edited);
      return {};
    }
    if (!*outside) {
      if (!heads_.empty()) found(good_size_, Damage::deleted);
      return {};
    }
    const Head& head = (*outside)->head;
    if (!is_genuine(**outside, options_.keys)) {
      found(std::max<uint64_t>(good_size_, 1), Damage::edited);
    } else if (head.size > frontier_.size) {
      found(frontier_.size + 1, Damage::truncated);
    } else if (std::find(heads_.begin(), heads_.end(), **outside) == heads_.end()) {
      // It was in the table once: either the table lost it, or the trail behind it was written anew.
      found(std::max<uint64_t>(head.size, 1), head.size > good_size_ ? Damage::deleted : Damage::edited);
    }
    return {};
  }

  /// The inner nodes, which proofs are made of: each level against the one below.
  Expected<void> check_nodes() {
    for (unsigned level = 1; (frontier_.size >> level) > 0 && verdict_.ok(); ++level)
      if (auto done = check_level(level); !done) return done;
    return {};
  }

  Expected<void> check_level(unsigned level) {
    // Two cursors over one table; the lower level is read in steps so that neither is held in memory.
    constexpr size_t kStep = 4096;  // nodes of the lower level
    const uint64_t count = frontier_.size >> level;
    std::vector<Digest> below;
    for (uint64_t begin = 0; begin < count && verdict_.ok(); begin += kStep / 2) {
      below.clear();
      auto read = store_.read_nodes(level - 1, begin * 2, [&below](const StoredNode& node) {
        below.push_back(node.hash);
        return below.size() < kStep;
      });
      if (!read) return read;
      uint64_t at = begin;
      read = store_.read_nodes(level, begin, [&](const StoredNode& node) {
        const size_t left = static_cast<size_t>(at - begin) * 2;
        if (at >= count || left + 1 >= below.size()) return false;
        if (node.index != at || node.hash != inner_hash(below[left], below[left + 1])) return false;
        ++at;
        return at - begin < kStep / 2;
      });
      if (!read) return read;
      if (at < std::min<uint64_t>(count, begin + kStep / 2)) found((at << level) + 1, Damage::edited);
    }
    return {};
  }

  AuditStore& store_;
  const VerifyOptions& options_;
  Verdict verdict_;
  Frontier frontier_;
  Bytes buffer_;
  MissingPayloads missing_;
  std::optional<FirstDamage> recorded_;  ///< the earliest that entries tell of
  std::vector<SignedHead> heads_;
  size_t next_head_ = 0;
  uint64_t good_size_ = 0;
  Digest last_head_{};
  bool cancelled_ = false;
};

/// Is the head kept outside one that the table has? Nearly always it is the newest, else a crash kept it from being
/// replaced.
Expected<std::optional<FirstDamage>> check_known(AuditStore& store, const SignedHead& outside,
                                                 const std::optional<SignedHead>& inside) {
  using Result = std::optional<FirstDamage>;
  if (inside == outside) return Result();
  const auto heads = store.heads();
  if (!heads) return fail(heads.error());
  if (std::find(heads->begin(), heads->end(), outside) != heads->end()) return Result();
  const bool lost = !inside || inside->head.size < outside.head.size;
  return Result(FirstDamage{std::max<uint64_t>(outside.head.size, 1), lost ? Damage::deleted : Damage::edited});
}

}  // namespace

Expected<std::optional<FirstDamage>> check_end(AuditStore& store, const TrustedKeys& keys,
                                               const crypto::AeadKey* mac_key) {
  using Result = std::optional<FirstDamage>;
  const auto stored = store.frontier();
  if (!stored) return fail(stored.error());
  const auto inside = store.newest_head();
  if (!inside) return fail(inside.error());
  const auto outside = store.outside_head();
  if (!outside && outside.error().code != ErrorCode::bad_input) return fail(outside.error());
  const Frontier known = *stored ? (*stored)->frontier : Frontier{};
  const bool genuine_frontier = !*stored || mac_key == nullptr || (*stored)->mac == frontier_mac(*mac_key, known);
  if (!genuine_frontier || !outside) return Result(FirstDamage{std::max<uint64_t>(known.size, 1), Damage::edited});
  for (const auto* head : {&*inside, &*outside}) {
    if (!*head) continue;
    if (!is_genuine(**head, keys))
      return Result(FirstDamage{std::max<uint64_t>((*head)->head.size, 1), Damage::edited});
    if ((*head)->head.size > known.size) return Result(FirstDamage{known.size + 1, Damage::truncated});
  }
  if (*outside) return check_known(store, **outside, *inside);
  return Result();
}

const char* damage_name(Damage damage) {
  constexpr const char* kNames[] = {"edited", "deleted", "truncated", "reordered"};
  return kNames[static_cast<size_t>(damage)];
}

Expected<Verdict> verify(AuditStore& store, const VerifyOptions& options) {
  return Verifier(store, options).run();
}

}  // namespace postern::audit
