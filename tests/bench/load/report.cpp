#include "load/report.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

namespace load {
namespace {

constexpr size_t kErrorsKept = 3;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ? '?' : c;
  }
  return out + "\"";
}

double own_cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double quantile_ms(const std::vector<uint32_t>& sorted, double q) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<size_t>(q * static_cast<double>(sorted.size() - 1));
  return static_cast<double>(sorted[at]) / 1000;
}

}  // namespace

void Report::error(const std::string& text) {
  ++failed;
  if (errors.size() < kErrorsKept) errors.push_back(text);
}

std::string to_json(Report& report) {
  std::sort(report.micros.begin(), report.micros.end());
  std::string errors;
  for (const std::string& text : report.errors) {
    if (!errors.empty()) errors += ',';
    errors += quoted(text);
  }
  char out[512];
  std::snprintf(
      out, sizeof out,
      "{\"done\":%llu,\"failed\":%llu,\"connections\":%llu,\"octets\":%llu,\"seconds\":%.4f,\"rate\":%.2f,"
      "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"own_cpu\":%.3f,\"timed_out\":%s,\"tls\":%s,\"errors\":[",
      static_cast<unsigned long long>(report.done), static_cast<unsigned long long>(report.failed),
      static_cast<unsigned long long>(report.connections), static_cast<unsigned long long>(report.octets),
      report.seconds, report.seconds > 0 ? static_cast<double>(report.done) / report.seconds : 0,
      quantile_ms(report.micros, 0.5), quantile_ms(report.micros, 0.99), quantile_ms(report.micros, 1), own_cpu(),
      report.timed_out ? "true" : "false", quoted(report.tls).c_str());
  return out + errors + "]}";
}

}  // namespace load
