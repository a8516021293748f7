#include "crypto/keys.h"

#include <algorithm>

#include "base/secret.h"
#include "crypto/kdf.h"
#include "crypto/random.h"

namespace postern::crypto {
namespace {

Bytes association(uint32_t id, WallTime created) {
  return to_bytes("postern data key " + std::to_string(id) + " " + std::to_string(created));
}

}  // namespace

Expected<std::shared_ptr<const KeyRing>> KeyRing::open(const AeadKey& kek, const std::vector<WrappedKey>& stored, const std::string& source) {
  std::shared_ptr<KeyRing> ring(new KeyRing());
  for (const WrappedKey& wrapped : stored) {
    auto octets = open_box(kek, association(wrapped.id, wrapped.created), wrapped.wrapped);
    if (!octets || octets->size() != kAeadKeySize) return fail(ErrorCode::key_wrong, {source});
    std::copy(octets->begin(), octets->end(), ring->keys_[wrapped.id].begin());
    wipe(*octets);
  }
  if (ring->keys_.empty()) return fail(ErrorCode::key_wrong, {source});
  return std::shared_ptr<const KeyRing>(std::move(ring));
}

KeyRing::~KeyRing() {
  for (auto& entry : keys_) wipe(entry.second.data(), entry.second.size());
}

uint32_t KeyRing::newest() const { return keys_.rbegin()->first; }

const AeadKey* KeyRing::find(uint32_t id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &found->second;
}

AeadKey KeyRing::derive(uint32_t id, std::string_view label, BytesView object) const { return derive_key(keys_.at(id), label, object); }

AeadKey KeyRing::fixed(std::string_view label) const { return derive_key(keys_.begin()->second, label, as_bytes("fixed")); }

WrappedKey make_data_key(const AeadKey& kek, uint32_t id, WallTime now) {
  AeadKey key{};
  random_bytes(key);
  WrappedKey out{id, now, seal_box(kek, association(id, now), key)};
  wipe(key.data(), key.size());
  return out;
}

std::string quarter_of(WallTime time) {
  const std::string date = format_rfc3339(time);
  const int month = (date[5] - '0') * 10 + (date[6] - '0');
  return date.substr(0, 4) + "Q" + std::to_string((month - 1) / 3 + 1);
}

Expected<std::vector<WrappedKey>> rewrap(const AeadKey& old_kek, const AeadKey& new_kek, const std::vector<WrappedKey>& stored) {
  std::vector<WrappedKey> out;
  for (const WrappedKey& wrapped : stored) {
    const Bytes bound = association(wrapped.id, wrapped.created);
    auto octets = open_box(old_kek, bound, wrapped.wrapped);
    if (!octets) return fail(ErrorCode::key_wrong, {"data key " + std::to_string(wrapped.id)});
    out.push_back({wrapped.id, wrapped.created, seal_box(new_kek, bound, *octets)});
    wipe(*octets);
  }
  return out;
}

}  // namespace postern::crypto
