#include "response/audit/audit_log.h"

#include <charconv>

#include "base/log.h"
#include "base/secret.h"
#include "crypto/random.h"
#include "response/audit/octets.h"
#include "response/audit/proof.h"

namespace postern::audit {
namespace {

constexpr std::string_view kMacPurpose = "postern audit frontier 1";
constexpr std::string_view kErasedPrefix = "audit/";

bool take_decimal(std::string_view& text, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

}  // namespace

std::string erased_object(uint64_t first, uint64_t last) {
  return std::string(kErasedPrefix) + std::to_string(first) + "-" + std::to_string(last);
}

bool parse_erased_object(std::string_view object, uint64_t& first, uint64_t& last) {
  const std::string_view whole = object;
  if (object.substr(0, kErasedPrefix.size()) != kErasedPrefix) return false;
  object.remove_prefix(kErasedPrefix.size());
  if (!take_decimal(object, first) || object.empty() || object.front() != '-') return false;
  object.remove_prefix(1);
  if (!take_decimal(object, last) || !object.empty() || first == 0 || first > last) return false;
  return erased_object(first, last) == whole;  // written in one way only
}

Digest frontier_mac(const crypto::AeadKey& key, const Frontier& frontier) {
  Bytes text = to_bytes(kMacPurpose);
  put_number(text, frontier.size);
  put_octets(text, frontier.chain);
  for (const Digest& peak : frontier.peaks) put_octets(text, peak);
  return crypto::hmac_sha256(key, text);
}

AuditLog::AuditLog(AuditStore& store, const crypto::AeadKey& mac_key, const Clock& clock)
    : store_(store), mac_key_(mac_key), clock_(clock) {}

AuditLog::~AuditLog() {
  wipe(mac_key_.data(), mac_key_.size());
}

Expected<void> AuditLog::load() {
  auto stored = store_.frontier();
  if (!stored) return fail(stored.error());
  const bool had_unsigned = has_unsigned();
  frontier_ = *stored ? std::move((*stored)->frontier) : Frontier{};
  const auto head = store_.newest_head();
  if (!head) return fail(head.error());
  signed_size_ = *head ? (*head)->head.size : 0;
  last_head_ = *head ? digest_of(**head) : Digest{};
  if (has_unsigned() && !had_unsigned) unsigned_since_ = clock_.now();
  return {};
}

Expected<uint64_t> AuditLog::append(const Record& record) {
  if (record.payload.size() > kPayloadLimit)
    return fail(ErrorCode::too_large, {"audit payload", std::to_string(kPayloadLimit)});
  const Payload payload{crypto::random_bytes(kSaltSize), to_bytes(record.payload)};
  Entry entry{frontier_.size + 1,
              clock_.wall(),
              entry_field(record.actor),
              entry_field(record.via),
              entry_field(record.action),
              entry_field(record.object),
              commit_to(payload.salt, payload.text)};
  serialise(entry, buffer_);
  const Digest chain = link(frontier_.chain, buffer_);
  if (auto added = store_.add_entry(entry, chain, payload); !added) return fail(added.error());
  const bool first_unsigned = !has_unsigned();
  Expected<void> stored;
  add_leaf(frontier_, leaf_hash(buffer_), [this, &stored](unsigned level, uint64_t index, const Digest& hash) {
    if (stored) stored = store_.put_node(level, index, hash);
  });
  frontier_.chain = chain;
  if (!stored) return fail(stored.error());
  if (auto put = store_.put_frontier({frontier_, frontier_mac(mac_key_, frontier_)}); !put) return fail(put.error());
  if (first_unsigned) unsigned_since_ = clock_.now();
  return entry.seq;
}

Expected<uint64_t> AuditLog::erase(uint64_t first, uint64_t last, Record who) {
  if (first == 0 || first > last || last > frontier_.size)
    return fail(ErrorCode::not_found, {erased_object(first, last)});
  if (auto erased = store_.erase_payloads(first, last); !erased) return fail(erased.error());
  who.action = kEraseAction;
  who.object = erased_object(first, last);
  return append(who);
}

bool AuditLog::head_due() const {
  if (!has_unsigned()) return false;
  return frontier_.size - signed_size_ >= kHeadEntries || clock_.now() - unsigned_since_ >= kHeadInterval;
}

Expected<void> AuditLog::sign(const crypto::Ed25519Key& key) {
  if (!has_unsigned()) return {};
  const SignedHead head =
      sign_head({frontier_.size, clock_.wall(), root_of(frontier_), frontier_.chain, last_head_, {}}, key);
  Transaction transaction(store_);
  if (!transaction.opened()) return transaction.opened();
  if (auto added = store_.add_head(head); !added) return added;
  if (auto done = transaction.commit(); !done) return done;
  signed_size_ = head.head.size;
  last_head_ = digest_of(head);
  return keep_outside(head);
}

Expected<bool> AuditLog::keep_newest_outside() {
  const auto inside = store_.newest_head();
  if (!inside) return fail(inside.error());
  if (!*inside) return false;
  const auto outside = store_.outside_head();
  const bool missing = outside && !*outside;
  if (outside && *outside == *inside) return false;
  if (auto kept = keep_outside(**inside); !kept) return fail(kept.error());
  return missing;
}

Expected<void> AuditLog::keep_outside(const SignedHead& head) {
  // A head that does not agree with the trail is evidence: it stays, and verification goes on finding it.
  const auto before = store_.outside_head();
  if (!before) {
    log_error("audit", "the head kept outside the database cannot be read; it is left as it is");
    return {};
  }
  if (*before) {
    const Head& old = (*before)->head;
    const auto root = old.size <= head.head.size ? root_at(store_, old.size) : fail(ErrorCode::chain_broken);
    if (!root || *root != old.root) {
      log_error("audit", "the head kept outside the database does not agree with the trail; it is left as it is");
      return {};
    }
  }
  return store_.keep_outside(head);
}

}  // namespace postern::audit
