// Verification of the whole trail: every entry is read and hashed again, in order, and compared with the stored chain,
// tree, signed heads, frontier and the head kept outside the database. Reads only; memory does not grow with the trail.
#pragma once

#include <functional>
#include <optional>

#include "base/expected.h"
#include "crypto/aead.h"
#include "response/audit/audit_store.h"

namespace postern::audit {

enum class Damage : uint8_t {
  edited,     ///< something that stands there is not what was written
  deleted,    ///< something in the middle is gone
  truncated,  ///< the end is gone
  reordered,  ///< entries have changed places
};
/// "edited", "deleted", "truncated", "reordered".
const char* damage_name(Damage damage);

struct FirstDamage {
  uint64_t seq = 0;
  Damage kind = Damage::edited;

  bool operator==(const FirstDamage&) const = default;
};

struct Verdict {
  uint64_t entries = 0;  ///< read
  uint64_t heads = 0;
  std::optional<FirstDamage> first;

  bool ok() const { return !first.has_value(); }
};

struct VerifyOptions {
  TrustedKeys keys;                          ///< of the heads
  const crypto::AeadKey* mac_key = nullptr;  ///< of the frontier; null: it is compared without
  bool payloads = true;                      ///< compare each payload with its commitment
  std::function<bool()> cancelled;           ///< asked every thousand entries
};

/// A quick look at the end alone, for every start: the frontier, the newest heads inside and outside. What it finds is
/// to be recorded (recorded.h): entries appended later can hide it.
Expected<std::optional<FirstDamage>> check_end(AuditStore& store, const TrustedKeys& keys,
                                               const crypto::AeadKey* mac_key);

/// The earliest of what is found now and what entries tell of. cancelled, or an error of the store; damage is no error.
Expected<Verdict> verify(AuditStore& store, const VerifyOptions& options);

}  // namespace postern::audit
