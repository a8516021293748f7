#include "defence/identity/verification_cache.h"

#include <cstring>

namespace postern::identity {
namespace {

/// Lengths stand before the fields, so that no two different inputs look the same.
Bytes bound(const VerifiedBy& what) {
  Bytes out;
  for (const uint64_t number : {what.account, what.version, what.policy, uint64_t{what.credential.size()}})
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(number >> shift));
  out.insert(out.end(), what.credential.begin(), what.credential.end());
  return out;
}

}  // namespace

size_t VerificationCache::HashOf::operator()(const crypto::Digest& digest) const {
  size_t out = 0;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

crypto::Digest VerificationCache::digest_of(const VerifiedBy& what, const Secret& secret) const {
  const Bytes fields = bound(what);
  return crypto::hmac_sha256(key_, {BytesView(fields), secret.reveal_bytes()});
}

bool VerificationCache::knows(const VerifiedBy& what, const Secret& secret) {
  const crypto::Digest digest = digest_of(what, secret);
  Shard& shard = shards_[digest[31] % kVerifiedShards];
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.until.find(digest);
  if (found == shard.until.end()) return false;
  if (found->second > clock_.now()) return true;
  shard.until.erase(found);
  return false;
}

void VerificationCache::remember(const VerifiedBy& what, const Secret& secret) {
  const crypto::Digest digest = digest_of(what, secret);
  Shard& shard = shards_[digest[31] % kVerifiedShards];
  const auto now = clock_.now();
  const std::lock_guard lock(shard.mutex);
  if (shard.until.size() >= kVerifiedPerShard)
    std::erase_if(shard.until, [now](const auto& entry) { return entry.second <= now; });
  // Still full: better to hash again than to grow.
  if (shard.until.size() >= kVerifiedPerShard) shard.until.clear();
  shard.until[digest] = now + kVerifiedFor;
}

size_t VerificationCache::size() const {
  size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum += shard.until.size();
  }
  return sum;
}

}  // namespace postern::identity
