// Passwords that were verified in the last minutes, as keyed hashes over everything that could make them invalid: the
// account, its credential, their version, the policy's version. What changes any of these cannot hit. Any thread (one
// mutex a shard).
#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/secret.h"
#include "crypto/aead.h"
#include "crypto/digest.h"

namespace postern::identity {

constexpr Seconds kVerifiedFor{300};
constexpr size_t kVerifiedShards = 16;
constexpr size_t kVerifiedPerShard = 4096;

/// What a verified password is bound to.
struct VerifiedBy {
  uint64_t account = 0;
  std::string_view credential;
  uint64_t version = 0;
  uint64_t policy = 0;
};

class VerificationCache {
 public:
  /// `key` is fresh at every start: nothing in the cache means anything afterwards.
  VerificationCache(crypto::AeadKey key, const Clock& clock) : key_(key), clock_(clock) {}
  bool knows(const VerifiedBy& what, const Secret& secret);
  void remember(const VerifiedBy& what, const Secret& secret);
  size_t size() const;

 private:
  struct HashOf {
    size_t operator()(const crypto::Digest& digest) const;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<crypto::Digest, std::chrono::steady_clock::time_point, HashOf> until;
  };
  crypto::Digest digest_of(const VerifiedBy& what, const Secret& secret) const;

  const crypto::AeadKey key_;
  const Clock& clock_;
  std::array<Shard, kVerifiedShards> shards_;
};

}  // namespace postern::identity
