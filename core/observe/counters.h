// What happened since the start, as numbers. Each I/O thread counts on its own cache lines with relaxed atomics; a
// reader sums. Fixed memory: about 12 KiB a thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/trace.h"
#include "observe/histogram.h"
#include "observe/tally.h"

namespace postern::observe {

/// The two gates. A trace's port is the gate's number (25 or 110), whatever port the listener was given.
enum class Gate : uint8_t { smtp, pop3 };
constexpr size_t kGates = 2;
constexpr uint16_t kPop3Port = 110;
inline Gate gate_of(uint16_t port) {
  return port == kPop3Port ? Gate::pop3 : Gate::smtp;
}
std::string_view gate_name(Gate gate);

/// Sums at one moment. Values only grow; counts of different fields may be some events apart.
struct Totals {
  struct PerGate {
    uint64_t opened = 0;  ///< sessions accepted
    uint64_t closed = 0;
    uint64_t refused = 0;    ///< turned away at accept, not in opened
    uint64_t octets_in = 0;  ///< counted when a session closes
    uint64_t octets_out = 0;
    uint64_t logins = 0;
    uint64_t logins_failed = 0;
    uint64_t messages = 0;           ///< SMTP: stored; POP3: fetched (counted when the session closes)
    uint64_t sessions_refused = 0;   ///< closed with at least one refusal
    uint64_t sessions_deferred = 0;  ///< closed with a deferral and no refusal
  };
  std::array<PerGate, kGates> gates{};
  uint64_t commits_failed = 0;
  uint64_t octets_stored = 0;
  HistogramCounts commit_micros;  ///< end of data to answer
  TallyCounts refusals;           ///< by rule
  TallyCounts errors;             ///< by area

  const PerGate& gate(Gate which) const { return gates[static_cast<size_t>(which)]; }
};

/// One object for the process. Writing: thread `index` (below the number given) or, for anything else, the shared last
/// shard.
class Counters {
 public:
  explicit Counters(unsigned threads);
  ~Counters();

  void session_opened(unsigned thread, uint16_t port);
  /// Turned away before a session was made.
  void session_refused(unsigned thread, uint16_t port, std::string_view rule);
  /// Octets, messages fetched and refusals by rule come from the trace.
  void session_closed(unsigned thread, const Trace& trace);
  void message_committed(unsigned thread, bool stored, int64_t micros, uint64_t octets);
  void login_judged(unsigned thread, uint16_t port, bool accepted);
  /// `area` as in the log: "store", "net".
  void error(unsigned thread, std::string_view area);

  Totals read() const;

 private:
  struct Shard;
  Shard& shard(unsigned thread);
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace postern::observe
