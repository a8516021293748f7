#include "base/log.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/clock.h"
#include "base/text.h"

namespace postern {
namespace {

constexpr size_t kLineLimit = 2000;

LogSink& sink() {
  static LogSink instance;
  return instance;
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

}  // namespace

void set_log_sink(LogSink replacement) {
  sink() = std::move(replacement);
}

LogSink stderr_log_sink(LogLevel lowest) {
  return [lowest](LogLevel level, std::string_view area, std::string_view text) {
    if (level < lowest) return;
    const std::string line =
        fmt::format("{} {} {}: {}\n", format_rfc3339(SystemClock().wall(), true), level_name(level), area, text);
    std::fwrite(line.data(), 1, line.size(), stderr);
  };
}

void log(LogLevel level, std::string_view area, std::string_view text) {
  if (const LogSink& target = sink()) target(level, area, printable(text, kLineLimit));
}

}  // namespace postern
