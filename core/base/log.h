// The log sink: short operational lines for whoever runs the service. Never a secret, never message content.
// Any thread. Until a sink is set lines are dropped.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace postern {

enum class LogLevel : uint8_t { debug, info, warning, error };

using LogSink = std::function<void(LogLevel, std::string_view area, std::string_view text)>;

/// Replaces the process's sink; called once at start, before threads.
void set_log_sink(LogSink sink);
/// A sink that writes "2026-11-24T08:30:00.123Z warning store: text" lines to stderr.
LogSink stderr_log_sink(LogLevel lowest);
/// `area` is the folder's word ("net", "store"); control characters in `text` are escaped.
void log(LogLevel level, std::string_view area, std::string_view text);

inline void log_info(std::string_view area, std::string_view text) {
  log(LogLevel::info, area, text);
}
inline void log_warning(std::string_view area, std::string_view text) {
  log(LogLevel::warning, area, text);
}
inline void log_error(std::string_view area, std::string_view text) {
  log(LogLevel::error, area, text);
}

}  // namespace postern
