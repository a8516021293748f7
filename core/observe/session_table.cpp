#include "observe/session_table.h"

#include <algorithm>
#include <charconv>

namespace postern::observe {
namespace {

constexpr size_t kPerAllocation = 48;  // control blocks, map nodes, malloc's own

std::vector<TracePointer> newest_first(std::vector<TracePointer> live) {
  std::sort(live.begin(), live.end(),
            [](const TracePointer& a, const TracePointer& b) { return a->session() > b->session(); });
  return live;
}

}  // namespace

std::string SessionCursor::to_string() const {
  return (closed ? "c" : "o") + std::to_string(below);
}

std::optional<SessionCursor> SessionCursor::parse(std::string_view text) {
  if (text.size() < 2 || (text[0] != 'o' && text[0] != 'c')) return std::nullopt;
  SessionCursor out;
  out.closed = text[0] == 'c';
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data() + 1, end, out.below);
  if (error != std::errc() || at != end) return std::nullopt;
  return out;
}

size_t trace_footprint(const Trace& trace) {
  size_t octets = sizeof(Trace) + 4 * kPerAllocation;
  octets += trace.user().capacity() + trace.helo().capacity() + trace.tls().capacity() + trace.why().capacity();
  octets += trace.verdicts().capacity() * sizeof(Verdict);
  for (const Verdict& verdict : trace.verdicts())
    octets += verdict.rule.capacity() + verdict.reason.capacity() + verdict.gate.capacity();
  // A string that grew by appending may hold twice what it shows.
  return octets + 2 * trace.transcript().size();
}

void SessionTable::add(TracePointer trace) {
  Entry entry{std::move(trace), 0};
  entry.octets = trace_footprint(*entry.trace);
  std::vector<Entry> dropped;  // freed after the lock
  const std::lock_guard lock(mutex_);
  number_of_[entry.trace->session()] = first_ + entries_.size();
  octets_ += entry.octets;
  entries_.push_back(std::move(entry));
  while (entries_.size() > limit_ || (octets_ > octet_limit_ && !entries_.empty())) {
    octets_ -= entries_.front().octets;
    const auto at = number_of_.find(entries_.front().trace->session());
    if (at != number_of_.end() && at->second == first_) number_of_.erase(at);
    dropped.push_back(std::move(entries_.front()));
    entries_.pop_front();
    ++first_;
  }
}

SessionTable::Batch SessionTable::batch_below(uint64_t before, size_t limit) const {
  Batch out;
  const std::lock_guard lock(mutex_);
  const uint64_t end = std::min(before, first_ + entries_.size());
  if (end <= first_ || limit == 0) return out;
  const size_t count = std::min<size_t>(limit, end - first_);
  out.newest = end - 1;
  out.traces.reserve(count);
  for (size_t i = 0; i < count; ++i) out.traces.push_back(entries_[end - first_ - 1 - i].trace);
  out.last = end - count == first_;
  return out;
}

SessionPage SessionTable::list(const SessionFilter& filter, SessionCursor cursor, size_t limit,
                               const std::vector<TracePointer>& live, size_t scan) const {
  limit = std::clamp<size_t>(limit, 1, kListLimit);
  SessionPage page;
  if (cursor.closed) {
    list_closed(filter, cursor.below, limit, scan, page);
    return page;
  }
  for (const TracePointer& trace : newest_first(live)) {
    if (trace->session() >= cursor.below) continue;
    if (page.rows.size() >= limit) {
      page.next = SessionCursor{false, page.rows.back().id};
      return page;
    }
    if (filter.matches(*trace)) page.rows.push_back(row_of(*trace));
  }
  list_closed(filter, UINT64_MAX, limit, scan, page);
  return page;
}

void SessionTable::list_closed(const SessionFilter& filter, uint64_t below, size_t limit, size_t scan,
                               SessionPage& page) const {
  for (;;) {
    const Batch batch = batch_below(below, std::min(kScanBatch, scan));
    for (const TracePointer& trace : batch.traces) {
      if (page.rows.size() >= limit) {
        page.next = SessionCursor{true, below};
        return;
      }
      below = batch.newest - static_cast<uint64_t>(&trace - batch.traces.data());
      if (filter.matches(*trace)) page.rows.push_back(row_of(*trace));
    }
    if (batch.last) return;
    scan -= batch.traces.size();
    if (scan == 0) {
      page.next = SessionCursor{true, below};
      return;
    }
  }
}

TracePointer SessionTable::find(uint64_t session) const {
  const std::lock_guard lock(mutex_);
  const auto at = number_of_.find(session);
  return at == number_of_.end() ? nullptr : entries_[at->second - first_].trace;
}

std::vector<TracePointer> SessionTable::find(const TraceKey& key, size_t limit,
                                             const std::vector<TracePointer>& live) const {
  std::vector<TracePointer> out;
  for (const TracePointer& trace : newest_first(live))
    if (out.size() < limit && key.matches(*trace)) out.push_back(trace);
  if (key.session()) {
    if (TracePointer trace = find(*key.session())) return {trace};
    if (!out.empty()) return out;
  }
  for (uint64_t before = UINT64_MAX; out.size() < limit;) {
    const Batch batch = batch_below(before, kScanBatch);
    for (const TracePointer& trace : batch.traces)
      if (out.size() < limit && key.matches(*trace)) out.push_back(trace);
    if (batch.last) break;
    before = batch.newest - batch.traces.size() + 1;
  }
  return out;
}

size_t SessionTable::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

size_t SessionTable::octets() const {
  const std::lock_guard lock(mutex_);
  return octets_;
}

}  // namespace postern::observe
