#include "response/audit/trail.h"

#include "crypto/random.h"

namespace postern::audit {

std::string_view damage_name(Damage damage) {
  switch (damage) {
    case Damage::edited: return "edited";
    case Damage::deleted: return "deleted";
    case Damage::truncated: return "truncated";
    case Damage::reordered: return "reordered";
  }
  return "edited";
}

Bytes head_octets(const Head& head) {
  Bytes out = to_bytes("postern audit head 1\n");
  for (const uint64_t number : {head.size, static_cast<uint64_t>(head.time)})
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(number >> shift));
  out.insert(out.end(), head.chain.begin(), head.chain.end());
  out.insert(out.end(), head.root.begin(), head.root.end());
  return out;
}

Expected<void> Trail::load() {
  auto stored = store_.frontier();
  if (!stored) return fail(stored.error());
  frontier_ = next_frontier_ = stored->first;
  chain_ = next_chain_ = stored->second;
  const auto heads = store_.heads();
  if (!heads) return fail(heads.error());
  if (!heads->empty()) newest_head_ = next_head_ = heads->back();
  return {};
}

Expected<uint64_t> Trail::append(WallTime now, std::string actor, std::string via, std::string action, std::string object, std::string payload) {
  const Payload kept{crypto::random_bytes(kSaltOctets), std::move(payload)};
  StoredEntry next;
  next.entry = {next_frontier_.size() + 1, now, std::move(actor), std::move(via), std::move(action), std::move(object), commit(kept.salt, kept.text)};
  next.hash = chain(next_chain_, next.entry);
  if (auto put = store_.put_entry(next, kept); !put) return fail(put.error());
  next_frontier_.append(leaf(next.entry));
  next_chain_ = next.hash;
  if (auto put = store_.put_frontier(next_frontier_, next_chain_); !put) return fail(put.error());
  return next.entry.seq;
}

void Trail::committed() {
  frontier_ = next_frontier_;
  chain_ = next_chain_;
  newest_head_ = next_head_;
}

void Trail::rolled_back() {
  next_frontier_ = frontier_;
  next_chain_ = chain_;
  next_head_ = newest_head_;
}

bool Trail::head_due(WallTime now) const {
  const uint64_t signed_size = newest_head_ ? newest_head_->size : 0;
  if (frontier_.size() == signed_size) return false;
  const WallTime last = newest_head_ ? newest_head_->time : 0;
  return frontier_.size() - signed_size >= kEntriesPerHead || now - last >= kSecondsPerHead.count() * kMicrosPerSecond || now < last;
}

Expected<void> Trail::sign_head(WallTime now) {
  Head head;
  head.size = next_frontier_.size();
  head.time = now;
  head.chain = next_chain_;
  head.root = next_frontier_.root();
  head.signature = key_.sign(head_octets(head));
  if (auto put = store_.put_head(head); !put) return put;
  next_head_ = head;
  return {};
}

bool Trail::verify_head(const Head& head) const { return crypto::ed25519_verify(key_.public_key(), head_octets(head), head.signature); }

}  // namespace postern::audit
