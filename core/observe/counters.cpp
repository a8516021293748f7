#include "observe/counters.h"

#include <algorithm>

namespace postern::observe {
namespace {

using Count = std::atomic<uint64_t>;
constexpr size_t kCacheLine = 64;

void add(Count& count, uint64_t by = 1) {
  count.fetch_add(by, std::memory_order_relaxed);
}
uint64_t value(const Count& count) {
  return count.load(std::memory_order_relaxed);
}

struct GateCounts {
  Count opened{0}, closed{0}, refused{0}, octets_in{0}, octets_out{0}, logins{0}, logins_failed{0}, messages{0},
      sessions_refused{0}, sessions_deferred{0};
};

void add_gate(Totals::PerGate& out, const GateCounts& in) {
  out.opened += value(in.opened);
  out.closed += value(in.closed);
  out.refused += value(in.refused);
  out.octets_in += value(in.octets_in);
  out.octets_out += value(in.octets_out);
  out.logins += value(in.logins);
  out.logins_failed += value(in.logins_failed);
  out.messages += value(in.messages);
  out.sessions_refused += value(in.sessions_refused);
  out.sessions_deferred += value(in.sessions_deferred);
}

}  // namespace

struct alignas(kCacheLine) Counters::Shard {
  std::array<GateCounts, kGates> gates;
  Count commits_failed{0};
  Count octets_stored{0};
  Histogram commit_micros;
  Tally refusals;
  Tally errors;

  GateCounts& gate(uint16_t port) { return gates[static_cast<size_t>(gate_of(port))]; }
};

std::string_view gate_name(Gate gate) {
  return gate == Gate::pop3 ? "pop3" : "smtp";
}

Counters::Counters(unsigned threads) {
  for (unsigned i = 0; i <= threads; ++i) shards_.push_back(std::make_unique<Shard>());
}

Counters::~Counters() = default;

Counters::Shard& Counters::shard(unsigned thread) {
  return *shards_[std::min<size_t>(thread, shards_.size() - 1)];
}

void Counters::session_opened(unsigned thread, uint16_t port) {
  add(shard(thread).gate(port).opened);
}

void Counters::session_refused(unsigned thread, uint16_t port, std::string_view rule) {
  Shard& mine = shard(thread);
  add(mine.gate(port).refused);
  mine.refusals.add(rule);
}

void Counters::session_closed(unsigned thread, const Trace& trace) {
  Shard& mine = shard(thread);
  GateCounts& gate = mine.gate(trace.port());
  add(gate.closed);
  add(gate.octets_in, trace.octets_in());
  add(gate.octets_out, trace.octets_out());
  // Messages in are counted when they become durable; messages out are known only here.
  if (gate_of(trace.port()) == Gate::pop3) add(gate.messages, trace.messages());
  bool refused = false, deferred = false;
  for (const Verdict& verdict : trace.verdicts()) {
    if (verdict.decision != Decision::refuse && verdict.decision != Decision::defer) continue;
    (verdict.decision == Decision::refuse ? refused : deferred) = true;
    mine.refusals.add(verdict.rule.empty() ? std::string_view(verdict.gate) : std::string_view(verdict.rule));
  }
  if (refused) add(gate.sessions_refused);
  if (deferred && !refused) add(gate.sessions_deferred);
}

void Counters::message_committed(unsigned thread, bool stored, int64_t micros, uint64_t octets) {
  Shard& mine = shard(thread);
  if (!stored) {
    add(mine.commits_failed);
    return;
  }
  add(mine.gates[static_cast<size_t>(Gate::smtp)].messages);
  add(mine.octets_stored, octets);
  mine.commit_micros.record(static_cast<uint64_t>(std::max<int64_t>(micros, 0)));
}

void Counters::login_judged(unsigned thread, uint16_t port, bool accepted) {
  GateCounts& gate = shard(thread).gate(port);
  add(accepted ? gate.logins : gate.logins_failed);
}

void Counters::error(unsigned thread, std::string_view area) {
  shard(thread).errors.add(area);
}

Totals Counters::read() const {
  Totals out;
  for (const auto& shard : shards_) {
    for (size_t i = 0; i < kGates; ++i) add_gate(out.gates[i], shard->gates[i]);
    out.commits_failed += value(shard->commits_failed);
    out.octets_stored += value(shard->octets_stored);
    shard->commit_micros.read_into(out.commit_micros);
    shard->refusals.read_into(out.refusals);
    shard->errors.read_into(out.errors);
  }
  return out;
}

}  // namespace postern::observe
