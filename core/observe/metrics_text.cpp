#include "observe/metrics_text.h"

#include <fmt/format.h>

#include <cmath>

namespace postern::observe {
namespace {

constexpr double kMicros = 1e6;
constexpr unsigned kFirstBucketBit = 8;  // 256 µs
constexpr unsigned kLastBucketBit = 24;  // 16.8 s

/// A label value may hold anything but these three; help text keeps its quotes.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out += c;
  }
}

using GateField = uint64_t Totals::PerGate::*;

void by_gate(MetricsWriter& out, std::string_view name, std::string_view help, const Totals& totals, GateField field) {
  out.family(name, "counter", help);
  for (const Gate gate : {Gate::smtp, Gate::pop3})
    out.sample("", {{"gate", gate_name(gate)}}, totals.gate(gate).*field);
}

void pair_by_gate(MetricsWriter& out, std::string_view label, std::string_view first, GateField one,
                  std::string_view second, GateField two, const Totals& totals) {
  for (const Gate gate : {Gate::smtp, Gate::pop3}) {
    out.sample("", {{"gate", gate_name(gate)}, {label, first}}, totals.gate(gate).*one);
    out.sample("", {{"gate", gate_name(gate)}, {label, second}}, totals.gate(gate).*two);
  }
}

void write_sessions(MetricsWriter& out, const Totals& totals) {
  using G = Totals::PerGate;
  by_gate(out, "postern_sessions_opened_total", "Sessions accepted.", totals, &G::opened);
  by_gate(out, "postern_sessions_closed_total", "Sessions ended.", totals, &G::closed);
  by_gate(out, "postern_sessions_turned_away_total", "Connections refused at accept.", totals, &G::refused);
  out.family("postern_sessions_verdict_total", "counter", "Sessions ended with a refusal, or with a deferral only.");
  pair_by_gate(out, "verdict", "refuse", &G::sessions_refused, "defer", &G::sessions_deferred, totals);
  out.family("postern_octets_total", "counter", "Octets of ended sessions, by direction.");
  pair_by_gate(out, "direction", "in", &G::octets_in, "out", &G::octets_out, totals);
  out.family("postern_logins_total", "counter", "Logins judged.");
  pair_by_gate(out, "result", "ok", &G::logins, "failed", &G::logins_failed, totals);
}

void write_messages(MetricsWriter& out, const Totals& totals) {
  out.family("postern_messages_total", "counter", "Messages stored and messages fetched.");
  out.sample("", {{"direction", "in"}}, totals.gate(Gate::smtp).messages);
  out.sample("", {{"direction", "out"}}, totals.gate(Gate::pop3).messages);
  out.family("postern_commits_failed_total", "counter", "Messages that could not be stored.");
  out.sample("", {}, totals.commits_failed);
  out.family("postern_stored_octets_total", "counter", "Octets of messages stored.");
  out.sample("", {}, totals.octets_stored);
}

void write_tally(MetricsWriter& out, std::string_view name, std::string_view label, std::string_view help,
                 const TallyCounts& counts) {
  out.family(name, "counter", help);
  for (const auto& [word, count] : counts) out.sample("", {{label, word}}, count);
}

void write_latency(MetricsWriter& out, const HistogramCounts& micros) {
  out.family("postern_commit_seconds", "histogram", "From the end of a message's data to its answer.");
  // Powers of two are borders of the histogram's steps, so these counts are exact.
  for (unsigned bit = kFirstBucketBit; bit <= kLastBucketBit; ++bit) {
    const uint64_t limit = uint64_t{1} << bit;
    out.sample("_bucket", {{"le", fmt::format("{}", static_cast<double>(limit) / kMicros)}}, micros.below(limit));
  }
  out.sample("_bucket", {{"le", "+Inf"}}, micros.count);
  out.sample("_sum", {}, static_cast<double>(micros.sum) / kMicros);
  out.sample("_count", {}, micros.count);
  out.family("postern_commit_quantile_seconds", "gauge", "Quantiles of postern_commit_seconds since the start.");
  out.sample("", {{"quantile", "0.5"}}, static_cast<double>(micros.quantile(0.5)) / kMicros);
  out.sample("", {{"quantile", "0.99"}}, static_cast<double>(micros.quantile(0.99)) / kMicros);
}

void write_gauge(MetricsWriter& out, std::string_view name, std::string_view help, double value) {
  out.family(name, "gauge", help);
  out.sample("", {}, value);
}

void write_gauges(MetricsWriter& out, const Gauges& gauges) {
  out.family("postern_build_info", "gauge", "Always 1; the version is a label.");
  out.sample("", {{"version", gauges.version}}, uint64_t{1});
  write_gauge(out, "postern_uptime_seconds", "Since the service started.", gauges.uptime_seconds);
  write_gauge(out, "postern_sessions_open", "Sessions open now.", static_cast<double>(gauges.open_sessions));
  write_gauge(out, "postern_sessions_kept", "Ended sessions whose trace is in memory.",
              static_cast<double>(gauges.closed_kept));
  write_gauge(out, "postern_sessions_kept_octets", "Memory of their traces.",
              static_cast<double>(gauges.closed_kept_octets));
  write_gauge(out, "postern_store_accepting", "1 while new mail is taken.", gauges.store_accepting ? 1 : 0);
  write_gauge(out, "postern_store_wal_octets", "Size of the mail store's write-ahead log.",
              static_cast<double>(gauges.wal_octets));
  write_gauge(out, "postern_disk_free_octets", "Free on the data folder's file system.",
              static_cast<double>(gauges.disk_free_octets));
  out.family("postern_ledger_dropped_total", "counter", "Ledger rows lost because its queue was full.");
  out.sample("", {}, gauges.ledger_dropped);
}

}  // namespace

void MetricsWriter::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} ", name);
  append_escaped(text_, help, false);
  text_ += fmt::format("\n# TYPE {} {}\n", name, type);
}

void MetricsWriter::begin(std::string_view suffix, const Labels& labels) {
  text_ += name_;
  text_ += suffix;
  char separator = '{';
  for (const auto& [label, value] : labels) {
    text_ += fmt::format("{}{}=\"", separator, label);
    append_escaped(text_, value, true);
    text_ += '"';
    separator = ',';
  }
  if (!labels.empty()) text_ += '}';
}

void MetricsWriter::sample(std::string_view suffix, const Labels& labels, double value) {
  begin(suffix, labels);
  if (std::isnan(value))
    text_ += " NaN\n";
  else if (std::isinf(value))
    text_ += value > 0 ? " +Inf\n" : " -Inf\n";
  else
    text_ += fmt::format(" {}\n", value);
}

void MetricsWriter::sample(std::string_view suffix, const Labels& labels, uint64_t value) {
  begin(suffix, labels);
  text_ += fmt::format(" {}\n", value);
}

std::string metrics_text(const Totals& totals, const Gauges& gauges) {
  MetricsWriter out;
  write_gauges(out, gauges);
  write_sessions(out, totals);
  write_messages(out, totals);
  write_latency(out, totals.commit_micros);
  write_tally(out, "postern_refusals_total", "rule", "Refusals and deferrals by rule.", totals.refusals);
  write_tally(out, "postern_errors_total", "area", "Errors by area.", totals.errors);
  return out.take();
}

}  // namespace postern::observe
