#include <algorithm>
#include <limits>

#include "base/text.h"
#include "observe/session_id.h"
#include "service/session_desk.h"

namespace postern::service {
namespace {

std::optional<std::string> time_text(WallTime time) {
  if (time == 0) return std::nullopt;
  return format_rfc3339(time, true);
}

api::StageVerdict stage_verdict(const Verdict& verdict) {
  api::StageVerdict out;
  out.gate = verdict.gate;
  out.decision = decision_name(verdict.decision);
  out.score = verdict.score;
  out.rule = verdict.rule;
  out.reason = verdict.reason;
  out.ms = verdict.at_ms;
  return out;
}

std::vector<api::SessionStage> stages_of(const Trace& trace) {
  std::vector<api::SessionStage> out;
  for (size_t i = 0; i < kStages; ++i) {
    const auto stage = static_cast<Stage>(i);
    const uint32_t ms = trace.reached(stage);
    if (ms == Trace::kNotReached) continue;
    api::SessionStage entry;
    entry.stage = stage_name(stage);
    entry.ms = ms;
    entry.at = format_rfc3339(trace.began() + static_cast<WallTime>(ms) * 1000, true);
    for (const Verdict& verdict : trace.verdicts())
      if (verdict.stage == stage) entry.verdicts.push_back(stage_verdict(verdict));
    out.push_back(std::move(entry));
  }
  return out;
}

std::vector<std::string> transcript_lines(const Trace& trace) {
  const std::string text = trace.transcript();
  std::vector<std::string> out;
  for (std::string_view line : split(text, '\n'))
    if (!line.empty()) out.push_back(printable(line, std::numeric_limits<size_t>::max()));
  return out;
}

}  // namespace

api::SessionInfo session_info(const observe::SessionRow& row) {
  api::SessionInfo out;
  out.id = observe::session_id_text(row.id);
  out.port = row.port;
  out.address = row.address.to_string();
  out.user = row.user;
  out.verdict = decision_name(row.verdict);
  out.stage = stage_name(row.stage);
  out.began = format_rfc3339(row.began, true);
  out.ended = time_text(row.ended);
  out.messages = row.messages;
  out.octets_in = row.octets_in;
  out.octets_out = row.octets_out;
  out.rule = row.rule;
  out.why = row.why;
  return out;
}

api::SessionReply session_reply(const observe::SessionRow& row) {
  api::SessionReply out;
  out.id = observe::session_id_text(row.id);
  out.port = row.port;
  out.address = row.address.to_string();
  out.user = row.user;
  out.verdict = decision_name(row.verdict);
  out.began = format_rfc3339(row.began, true);
  out.ended = time_text(row.ended);
  out.messages = row.messages;
  out.octets_in = row.octets_in;
  out.octets_out = row.octets_out;
  out.why = row.why;
  return out;
}

api::SessionReply session_reply(const Trace& trace) {
  api::SessionReply out;
  out.id = observe::session_id_text(trace.session());
  out.port = trace.port();
  out.address = trace.peer().address.to_string();
  out.user = trace.user();
  out.verdict = decision_name(observe::verdict_of(trace));
  out.helo = trace.helo();
  out.tls = trace.tls();
  out.began = format_rfc3339(trace.began(), true);
  out.ended = time_text(trace.ended());
  out.messages = trace.messages();
  out.octets_in = trace.octets_in();
  out.octets_out = trace.octets_out();
  out.why = trace.why();
  out.stages = stages_of(trace);
  out.transcript = transcript_lines(trace);
  return out;
}

}  // namespace postern::service
