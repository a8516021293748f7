// A log-linear histogram: 32 steps an octave, so a quantile is right within about 3 %. Fixed size.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace postern::observe {

constexpr unsigned kStepBits = 5;     ///< 32 steps an octave
constexpr unsigned kHighestBit = 36;  ///< values from 2^36 (19 hours in microseconds) on share the last step
constexpr size_t kHistogramSteps = (size_t{1} << kStepBits) * (kHighestBit - kStepBits + 1);

/// The step a value falls into, and the first value beyond that step.
size_t histogram_step(uint64_t value);
uint64_t histogram_step_end(size_t step);

/// Counts by step at one moment. A value.
struct HistogramCounts {
  std::array<uint64_t, kHistogramSteps> steps{};
  uint64_t count = 0;
  uint64_t sum = 0;

  /// The value below or at which the share `q` (0 to 1) of all values lies; 0 when there are none.
  uint64_t quantile(double q) const;
  /// How many values are below `limit`; exact when `limit` is a power of two.
  uint64_t below(uint64_t limit) const;
  void add(const HistogramCounts& other);
  /// What came since `earlier`, a former state of the same histogram.
  HistogramCounts since(const HistogramCounts& earlier) const;
};

/// The live one: recorded on any thread without a lock, read at any time (the parts of a read may be some records
/// apart).
class Histogram {
 public:
  void record(uint64_t value);
  void read_into(HistogramCounts& out) const;

 private:
  std::array<std::atomic<uint64_t>, kHistogramSteps> steps_{};
  std::atomic<uint64_t> sum_{0};
};

}  // namespace postern::observe
