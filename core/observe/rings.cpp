#include "observe/rings.h"

#include <algorithm>

namespace postern::observe {
namespace {

constexpr uint64_t kMebi = 1024 * 1024;

uint32_t second_of(WallTime time) {
  return static_cast<uint32_t>(std::clamp<WallTime>(time / kMicrosPerSecond, 0, UINT32_MAX));
}

float grown(uint64_t now, uint64_t before) {
  return static_cast<float>(now - std::min(now, before));
}

uint64_t refusals(const Totals& totals) {
  uint64_t sum = 0;
  for (const auto& [rule, count] : totals.refusals) sum += count;
  return sum;
}

}  // namespace

std::string_view series_name(Series series) {
  constexpr std::array<std::string_view, kSeries> kNames{
      "smtp_opened",       "pop3_opened",  "turned_away",   "messages_in", "messages_out",  "octets_in",
      "octets_out",        "logins",       "logins_failed", "refusals",    "open_sessions", "commit_p50_micros",
      "commit_p99_micros", "disk_free_mib"};
  return kNames[static_cast<size_t>(series)];
}

bool is_level(Series series) {
  return series >= Series::open_sessions;
}

Rings::Sample Rings::difference(const Totals& totals, const Gauges& gauges) const {
  Sample out;
  const auto set = [&](Series series, float value) { out.values[static_cast<size_t>(series)] = value; };
  const auto& smtp = totals.gate(Gate::smtp);
  const auto& pop3 = totals.gate(Gate::pop3);
  const auto& smtp_before = last_->gate(Gate::smtp);
  const auto& pop3_before = last_->gate(Gate::pop3);
  set(Series::smtp_opened, grown(smtp.opened, smtp_before.opened));
  set(Series::pop3_opened, grown(pop3.opened, pop3_before.opened));
  set(Series::turned_away, grown(smtp.refused + pop3.refused, smtp_before.refused + pop3_before.refused));
  set(Series::messages_in, grown(smtp.messages, smtp_before.messages));
  set(Series::messages_out, grown(pop3.messages, pop3_before.messages));
  set(Series::octets_in, grown(smtp.octets_in + pop3.octets_in, smtp_before.octets_in + pop3_before.octets_in));
  set(Series::octets_out, grown(smtp.octets_out + pop3.octets_out, smtp_before.octets_out + pop3_before.octets_out));
  set(Series::logins, grown(smtp.logins + pop3.logins, smtp_before.logins + pop3_before.logins));
  set(Series::logins_failed,
      grown(smtp.logins_failed + pop3.logins_failed, smtp_before.logins_failed + pop3_before.logins_failed));
  set(Series::refusals, grown(refusals(totals), refusals(*last_)));
  const HistogramCounts commits = totals.commit_micros.since(last_->commit_micros);
  set(Series::open_sessions, static_cast<float>(gauges.open_sessions));
  set(Series::commit_p50_micros, static_cast<float>(commits.quantile(0.5)));
  set(Series::commit_p99_micros, static_cast<float>(commits.quantile(0.99)));
  set(Series::disk_free_mib, static_cast<float>(gauges.disk_free_octets / kMebi));
  return out;
}

void Rings::tick(WallTime now, const Totals& totals, const Gauges& gauges) {
  const uint32_t second = second_of(now);
  if (last_ && second == last_second_) return;
  if (last_) {
    Sample sample = difference(totals, gauges);
    sample.second = second;
    const std::lock_guard lock(mutex_);
    // Samples stay in order of time; after the clock was set back the old future would never come true.
    if (second < last_second_) blocks_.clear();
    store(sample);
  }
  last_ = std::make_unique<Totals>(totals);
  last_second_ = second;
}

void Rings::store(const Sample& sample) {
  if (blocks_.empty() || blocks_.back()->size() == kBlock) {
    blocks_.push_back(std::make_unique<Block>());
    blocks_.back()->reserve(kBlock);
  }
  blocks_.back()->push_back(sample);
  if (blocks_.size() > kRingSeconds / kBlock + 1) blocks_.pop_front();
}

std::vector<const Rings::Block*> Rings::blocks_of_time(uint32_t from, uint32_t to) const {
  std::vector<const Block*> out;
  for (const auto& block : blocks_)
    if (block->back().second >= from && block->front().second < to) out.push_back(block.get());
  return out;
}

std::vector<Point> Rings::read(Series series, WallTime from, WallTime to, uint32_t step) const {
  const uint32_t end = second_of(to);
  const uint32_t earliest = end - std::min<uint32_t>(end, kRingSeconds);
  uint32_t begin = std::max(second_of(from), earliest);
  if (begin >= end) return {};
  step = std::max({step, uint32_t{1}, static_cast<uint32_t>((end - begin + kRingPoints - 2) / (kRingPoints - 1))});
  begin -= begin % step;
  std::vector<Point> out((end - begin + step - 1) / step);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = {(begin + static_cast<WallTime>(i) * step) * kMicrosPerSecond, 0, true};
  const std::lock_guard lock(mutex_);
  for (const Block* block : blocks_of_time(begin, end)) {
    for (const Sample& sample : *block) {
      if (sample.second < begin || sample.second >= end) continue;
      Point& point = out[(sample.second - begin) / step];
      const double value = static_cast<double>(sample.values[static_cast<size_t>(series)]);
      point.value = is_level(series) ? std::max(point.value, value) : point.value + value;
      point.gap = false;
    }
  }
  return out;
}

size_t Rings::size() const {
  const std::lock_guard lock(mutex_);
  size_t count = 0;
  for (const auto& block : blocks_) count += block->size();
  return count;
}

}  // namespace postern::observe
