#include "crypto/keys.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "base/secret.h"
#include "crypto/kdf.h"
#include "crypto/random.h"

namespace postern::crypto {
namespace {

constexpr std::string_view kWrapLabel = "postern data key";
constexpr std::string_view kFixedLabel = "fixed purpose";  ///< no label of `derive` is this one
constexpr unsigned kMonthsPerQuarter = 3;

template <class Integer>
void append_big_endian(Bytes& out, Integer value) {
  for (size_t shift = sizeof(value) * 8; shift > 0; shift -= 8)
    out.push_back(static_cast<uint8_t>(value >> (shift - 8)));
}

/// Binds the key to its number and date: a stored key cannot take another's place.
Bytes wrap_context(uint32_t id, WallTime created) {
  Bytes context = to_bytes(kWrapLabel);
  append_big_endian(context, id);
  append_big_endian(context, static_cast<uint64_t>(created));
  return context;
}

std::optional<AeadKey> unwrap(const AeadKey& kek, const WrappedKey& stored) {
  auto plain = open_box(kek, wrap_context(stored.id, stored.created), stored.wrapped);
  if (!plain) return std::nullopt;
  std::optional<AeadKey> key;
  if (plain->size() == kAeadKeySize) {
    key.emplace();
    std::copy(plain->begin(), plain->end(), key->begin());
  }
  wipe(*plain);
  return key;
}

WrappedKey wrap(const AeadKey& kek, uint32_t id, WallTime created, const AeadKey& key) {
  return {id, created, seal_box(kek, wrap_context(id, created), key)};
}

}  // namespace

Expected<std::shared_ptr<const KeyRing>> KeyRing::open(const AeadKey& kek, const std::vector<WrappedKey>& stored,
                                                       const std::string& source) {
  std::shared_ptr<KeyRing> ring(new KeyRing);
  for (const WrappedKey& wrapped : stored) {
    auto key = unwrap(kek, wrapped);
    if (!key || !ring->keys_.emplace(wrapped.id, *key).second) return fail(ErrorCode::key_wrong, {source});
    wipe(key->data(), key->size());
  }
  return ring;
}

KeyRing::~KeyRing() {
  for (auto& [id, key] : keys_) wipe(key.data(), key.size());
}

uint32_t KeyRing::newest() const {
  return keys_.empty() ? 0 : keys_.rbegin()->first;
}

const AeadKey* KeyRing::find(uint32_t id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &found->second;
}

AeadKey KeyRing::derive(uint32_t id, std::string_view label, BytesView object) const {
  return derive_key(keys_.at(id), label, object);
}

AeadKey KeyRing::fixed(std::string_view label) const {
  if (keys_.empty()) throw std::out_of_range("key ring without keys");
  return derive_key(keys_.begin()->second, kFixedLabel, as_bytes(label));
}

WrappedKey make_data_key(const AeadKey& kek, uint32_t id, WallTime now) {
  AeadKey key;
  random_bytes(std::span<uint8_t>(key));
  WrappedKey wrapped = wrap(kek, id, now, key);
  wipe(key.data(), key.size());
  return wrapped;
}

std::string quarter_of(WallTime time) {
  const std::chrono::sys_time<std::chrono::microseconds> point{std::chrono::microseconds(time)};
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(point)};
  const unsigned quarter = (static_cast<unsigned>(date.month()) - 1) / kMonthsPerQuarter + 1;
  return std::to_string(static_cast<int>(date.year())) + "Q" + std::to_string(quarter);
}

Expected<std::vector<WrappedKey>> rewrap(const AeadKey& old_kek, const AeadKey& new_kek,
                                         const std::vector<WrappedKey>& stored) {
  std::vector<WrappedKey> result;
  result.reserve(stored.size());
  for (const WrappedKey& wrapped : stored) {
    auto key = unwrap(old_kek, wrapped);
    if (!key) return fail(ErrorCode::key_wrong, {"data key " + std::to_string(wrapped.id)});
    result.push_back(wrap(new_kek, wrapped.id, wrapped.created, *key));
    wipe(key->data(), key->size());
  }
  return result;
}

}  // namespace postern::crypto
