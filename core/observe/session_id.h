// Numbers of sessions: 63 bits, growing, unique across restarts, and their short text form.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace postern::observe {

/// Gives out session ids; any thread. An id is (milliseconds since 1970 at the start << kCounterBits) + a counter, so a
/// later start is above an earlier one as long as the clock does not run backwards between them; `above` (the highest
/// id the ledger knows, 0 = none) covers that case.
class SessionIds {
 public:
  static constexpr unsigned kCounterBits = 20;

  explicit SessionIds(WallTime started, uint64_t above = 0);
  uint64_t next() { return next_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> next_;
};

/// Thirteen characters of Crockford's base32 in lower case, e.g. "1jb3k0ze80001" (no i, l, o, u).
std::string session_id_text(uint64_t id);
/// The inverse, in either case; nothing else is taken.
std::optional<uint64_t> parse_session_id(std::string_view text);

}  // namespace postern::observe
