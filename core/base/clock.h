// Time is passed in. Wall time for records and deadlines that survive a restart, monotonic time for waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

using Seconds = std::chrono::seconds;
using Millis = std::chrono::milliseconds;

/// Microseconds since 1970-01-01T00:00:00Z (UTC, no leap seconds).
using WallTime = int64_t;
constexpr WallTime kMicrosPerSecond = 1'000'000;

/// Where the time comes from; any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  /// Monotonic; not comparable between two starts of the process.
  virtual std::chrono::steady_clock::time_point now() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  std::chrono::steady_clock::time_point now() const override;
};

/// A clock that moves only when told to: for tests and fuzzing.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = 1'795'510'800 * kMicrosPerSecond) : wall_(start) {}
  WallTime wall() const override { return wall_; }
  std::chrono::steady_clock::time_point now() const override { return now_; }
  void advance(std::chrono::microseconds by) {
    wall_ += by.count();
    now_ += by;
  }
  /// Moves the wall clock alone, as an administrator or NTP would.
  void set_wall(WallTime to) { wall_ = to; }

 private:
  WallTime wall_;
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
};

/// "2026-11-24T08:30:00Z", with milliseconds when asked for (RFC 3339, always UTC).
std::string format_rfc3339(WallTime time, bool millis = false);
std::optional<WallTime> parse_rfc3339(std::string_view text);
/// "Tue, 24 Nov 2026 08:30:00 +0000" (RFC 5322 section 3.3).
std::string format_rfc5322(WallTime time);

}  // namespace postern
