#include "observe/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace postern::observe {
namespace {

constexpr uint64_t kSteps = uint64_t{1} << kStepBits;

}  // namespace

size_t histogram_step(uint64_t value) {
  if (value < kSteps) return static_cast<size_t>(value);
  const unsigned width = static_cast<unsigned>(std::bit_width(value));
  if (width > kHighestBit) return kHistogramSteps - 1;
  // The octave's number, then the five bits behind its leading one.
  const unsigned shift = width - 1 - kStepBits;
  return static_cast<size_t>(kSteps * (shift + 1) + ((value >> shift) - kSteps));
}

uint64_t histogram_step_end(size_t step) {
  if (step < kSteps) return step + 1;
  const uint64_t octave = step / kSteps - 1;
  return (kSteps + step % kSteps + 1) << octave;
}

uint64_t HistogramCounts::quantile(double q) const {
  if (count == 0) return 0;
  const auto rank = static_cast<uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count)));
  const uint64_t wanted = std::max<uint64_t>(rank, 1);
  uint64_t seen = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    seen += steps[i];
    if (seen >= wanted) return histogram_step_end(i) - 1;
  }
  return histogram_step_end(kHistogramSteps - 1) - 1;
}

uint64_t HistogramCounts::below(uint64_t limit) const {
  uint64_t seen = 0;
  for (size_t i = 0; i < steps.size() && histogram_step_end(i) <= limit; ++i) seen += steps[i];
  return seen;
}

void HistogramCounts::add(const HistogramCounts& other) {
  for (size_t i = 0; i < steps.size(); ++i) steps[i] += other.steps[i];
  count += other.count;
  sum += other.sum;
}

HistogramCounts HistogramCounts::since(const HistogramCounts& earlier) const {
  HistogramCounts out;
  for (size_t i = 0; i < steps.size(); ++i) out.steps[i] = steps[i] - std::min(steps[i], earlier.steps[i]);
  for (const uint64_t n : out.steps) out.count += n;
  out.sum = sum - std::min(sum, earlier.sum);
  return out;
}

void Histogram::record(uint64_t value) {
  steps_[histogram_step(value)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

void Histogram::read_into(HistogramCounts& out) const {
  for (size_t i = 0; i < steps_.size(); ++i) {
    const uint64_t n = steps_[i].load(std::memory_order_relaxed);
    out.steps[i] += n;
    out.count += n;
  }
  out.sum += sum_.load(std::memory_order_relaxed);
}

}  // namespace postern::observe
