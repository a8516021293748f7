// The newest closed sessions, with their whole traces, in memory.
//
// Live sessions are not registered here: a live trace belongs to its I/O thread, and at thousands of sessions a second
// nobody reads most of them. Whoever wants live ones asks the I/O threads (net::Server::live_sessions posts to each and
// gets copies), then passes them to list() or find(), which treat them as the newest. So opening a session costs this
// table nothing and closing one costs a short lock.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/trace.h"
#include "observe/session_filter.h"
#include "observe/session_row.h"
#include "observe/trace_key.h"

namespace postern::observe {

constexpr size_t kClosedSessions = 100'000;
constexpr size_t kClosedOctets = 256 * 1024 * 1024;  ///< of traces, as estimated by trace_footprint
constexpr size_t kListLimit = 1000;                  ///< rows a page at most
constexpr size_t kScanBatch = 512;                   ///< traces looked at between two takings of the lock

using TracePointer = std::shared_ptr<const Trace>;

/// About what a trace keeps allocated, in octets; errs upwards.
size_t trace_footprint(const Trace& trace);

/// Where a page begins: among the open sessions (by id), then among the closed ones (by order of their end). A session
/// that ends between two pages may appear twice, never not at all.
struct SessionCursor {
  bool closed = false;
  uint64_t below = UINT64_MAX;

  std::string to_string() const;  ///< "o123" or "c123"
  static std::optional<SessionCursor> parse(std::string_view text);
  bool operator==(const SessionCursor&) const = default;
};

/// A part of a list, newest first.
struct SessionPage {
  std::vector<SessionRow> rows;
  std::optional<SessionCursor> next;  ///< of the following page; nothing when this was the last
};

/// Any thread. The lock is held for one addition or for copying kScanBatch pointers.
class SessionTable {
 public:
  explicit SessionTable(size_t sessions = kClosedSessions, size_t octets = kClosedOctets)
      : limit_(sessions), octet_limit_(octets) {}

  /// Takes a closed session; drops the oldest beyond the limits.
  void add(TracePointer trace);

  /// One page of at most `limit` rows from `cursor` on. `live`: copies of the open sessions' traces, in any order; they
  /// stand before the closed ones. `scan` bounds how many closed traces are looked at: a page may be short or empty and
  /// yet have a `next`.
  SessionPage list(const SessionFilter& filter, SessionCursor cursor, size_t limit,
                   const std::vector<TracePointer>& live = {}, size_t scan = SIZE_MAX) const;
  /// Null when it is not (or no longer) here.
  TracePointer find(uint64_t session) const;
  /// The newest that match, live ones first.
  std::vector<TracePointer> find(const TraceKey& key, size_t limit, const std::vector<TracePointer>& live = {}) const;

  size_t size() const;
  size_t octets() const;

 private:
  struct Entry {
    TracePointer trace;
    size_t octets = 0;
  };
  struct Batch {
    std::vector<TracePointer> traces;  ///< newest first
    uint64_t newest = 0;               ///< number of the first
    bool last = true;
  };

  /// At most `limit` traces numbered below `before`.
  Batch batch_below(uint64_t before, size_t limit) const;
  void list_closed(const SessionFilter& filter, uint64_t below, size_t limit, size_t scan, SessionPage& page) const;

  const size_t limit_, octet_limit_;
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;  ///< in order of closing; entry i has number first_ + i
  uint64_t first_ = 1;
  size_t octets_ = 0;
  std::unordered_map<uint64_t, uint64_t> number_of_;  ///< session id → number
};

}  // namespace postern::observe
