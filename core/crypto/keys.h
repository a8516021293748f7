// The key hierarchy: a key-encryption key (KEK, outside the data folder) wraps data keys (in the data folder), one a
// quarter.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "crypto/aead.h"

namespace postern::crypto {

/// A data key as it is stored: sealed under the KEK.
struct WrappedKey {
  uint32_t id = 0;  ///< grows by one; never reused
  WallTime created = 0;
  Bytes wrapped;  ///< seal_box(kek, "postern data key" ‖ id ‖ created, key)
};

/// The unwrapped data keys. Immutable after construction; any thread.
class KeyRing {
 public:
  /// key_wrong when any of `stored` does not open or an id comes twice.
  static Expected<std::shared_ptr<const KeyRing>> open(const AeadKey& kek, const std::vector<WrappedKey>& stored,
                                                       const std::string& source);
  ~KeyRing();

  uint32_t newest() const;  ///< 0 when there is none
  /// Null for an unknown id.
  const AeadKey* find(uint32_t id) const;
  /// The key of one purpose under a data key, e.g. ("message", message id). The id must be known (`find`): else
  /// std::out_of_range.
  AeadKey derive(uint32_t id, std::string_view label, BytesView object) const;
  /// A key that stays the same for ever, from the oldest data key: for HMAC look-up columns and the verification cache.
  /// std::out_of_range when the ring is empty.
  AeadKey fixed(std::string_view label) const;

 private:
  KeyRing() = default;
  std::map<uint32_t, AeadKey> keys_;
};

/// A fresh data key, wrapped.
WrappedKey make_data_key(const AeadKey& kek, uint32_t id, WallTime now);
/// The quarter a time falls in, "2026Q4": a new data key is made when it differs from the newest key's.
std::string quarter_of(WallTime time);
/// The same keys under another KEK.
Expected<std::vector<WrappedKey>> rewrap(const AeadKey& old_kek, const AeadKey& new_kek,
                                         const std::vector<WrappedKey>& stored);

}  // namespace postern::crypto
