// What a run counts and how it is printed: one JSON object on one line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace load {

struct Report {
  uint64_t done = 0;    ///< messages, logins or connections
  uint64_t failed = 0;  ///< connections that went wrong
  uint64_t connections = 0;
  uint64_t octets = 0;  ///< of messages
  double seconds = 0;
  bool timed_out = false;
  std::string tls = "none";         ///< version of the last handshake
  std::vector<uint32_t> micros;     ///< smtp: end of data to reply; login: connect to +OK; retr: one RETR
  std::vector<std::string> errors;  ///< the first few

  void error(const std::string& text);
};

/// Sorts the latencies. CPU seconds are the generator's own.
std::string to_json(Report& report);

}  // namespace load
