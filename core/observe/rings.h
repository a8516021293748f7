// The last 24 hours in samples of one second, for graphs. Memory grows with uptime, an hour at a time,
// up to about 6 MiB.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "observe/counters.h"
#include "observe/metrics_text.h"

namespace postern::observe {

constexpr size_t kRingSeconds = 24 * 60 * 60;
constexpr size_t kRingPoints = 4096;  ///< points a read at most

/// What is sampled. Rates are counts of that second; the last four are levels.
enum class Series : uint8_t {
  smtp_opened,
  pop3_opened,
  turned_away,
  messages_in,
  messages_out,
  octets_in,
  octets_out,
  logins,
  logins_failed,
  refusals,
  open_sessions,
  commit_p50_micros,
  commit_p99_micros,
  disk_free_mib,
};
constexpr size_t kSeries = 14;
std::string_view series_name(Series series);
/// Levels are put together by their highest value, rates by their sum.
bool is_level(Series series);

struct Point {
  WallTime at = 0;  ///< begin of the step
  double value = 0;
  bool gap = false;  ///< nothing was sampled in this step (the machine slept, or it was before the start)
};

/// One writer calls tick once a second; any thread reads.
class Rings {
 public:
  /// Notes what came since the last tick. A tick in the second of the former one is left out; a clock set back starts
  /// anew.
  void tick(WallTime now, const Totals& totals, const Gauges& gauges);

  /// From `from` (rounded down to a step) to `to` (exclusive). `step` in seconds, raised until kRingPoints suffice.
  std::vector<Point> read(Series series, WallTime from, WallTime to, uint32_t step) const;
  size_t size() const;

 private:
  struct Sample {
    uint32_t second = 0;  ///< since 1970; good until 2106
    std::array<float, kSeries> values{};
  };
  static constexpr size_t kBlock = 3600;
  using Block = std::vector<Sample>;

  void store(const Sample& sample);
  Sample difference(const Totals& totals, const Gauges& gauges) const;
  std::vector<const Block*> blocks_of_time(uint32_t from, uint32_t to) const;

  mutable std::mutex mutex_;
  std::deque<std::unique_ptr<Block>> blocks_;  ///< oldest first
  std::unique_ptr<Totals> last_;               ///< of the former tick; the writer's own
  uint32_t last_second_ = 0;
};

}  // namespace postern::observe
