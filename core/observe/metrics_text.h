// Prometheus text exposition format 0.0.4. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observe/counters.h"

namespace postern::observe {

constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/// What is true at the moment, gathered by whoever asks for the metrics.
struct Gauges {
  std::string version;  ///< of the program
  uint64_t open_sessions = 0;
  uint64_t closed_kept = 0;  ///< SessionTable::size
  uint64_t closed_kept_octets = 0;
  uint64_t wal_octets = 0;  ///< of mail.db
  uint64_t disk_free_octets = 0;
  double uptime_seconds = 0;
  bool store_accepting = true;
  uint64_t ledger_dropped = 0;  ///< rows lost because the ledger's queue was full
};

/// The whole answer to `metrics`.
std::string metrics_text(const Totals& totals, const Gauges& gauges);

/// Writes families one after the other: all samples of a family stand together, as the format demands.
class MetricsWriter {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

  /// `type`: counter, gauge, histogram. Begins a family; `help` is escaped.
  void family(std::string_view name, std::string_view type, std::string_view help);
  /// A sample of the family begun; `suffix` is "" or "_bucket", "_sum", "_count". Label values are escaped.
  void sample(std::string_view suffix, const Labels& labels, double value);
  void sample(std::string_view suffix, const Labels& labels, uint64_t value);
  std::string take() { return std::move(text_); }

 private:
  void begin(std::string_view suffix, const Labels& labels);
  std::string name_;
  std::string text_;
};

}  // namespace postern::observe
