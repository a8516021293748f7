#include "observe/session_row.h"

namespace postern::observe {
namespace {

const Verdict* deciding(const Trace& trace) {
  const Verdict* worst = nullptr;
  for (const Verdict& verdict : trace.verdicts()) {
    if (verdict.decision == Decision::refuse) return &verdict;
    if (verdict.decision == Decision::defer && worst == nullptr) worst = &verdict;
  }
  return worst;
}

Stage furthest(const Trace& trace) {
  Stage last = Stage::accept;
  for (size_t i = 0; i < kStages; ++i)
    if (trace.reached(static_cast<Stage>(i)) != Trace::kNotReached) last = static_cast<Stage>(i);
  return last;
}

}  // namespace

Decision verdict_of(const Trace& trace) {
  const Verdict* verdict = deciding(trace);
  return verdict == nullptr ? Decision::pass : verdict->decision;
}

SessionRow row_of(const Trace& trace) {
  SessionRow row;
  row.id = trace.session();
  row.port = trace.port();
  row.address = trace.peer().address;
  row.user = trace.user();
  if (const Verdict* verdict = deciding(trace)) {
    row.verdict = verdict->decision;
    row.rule = verdict->rule;
  }
  row.stage = furthest(trace);
  row.began = trace.began();
  row.ended = trace.ended();
  row.octets_in = trace.octets_in();
  row.octets_out = trace.octets_out();
  row.messages = trace.messages();
  row.why = trace.why();
  return row;
}

}  // namespace postern::observe
