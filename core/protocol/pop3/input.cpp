// Octets to lines, in bounded memory. RFC 1939 section 3: a command is one line that ends in CRLF.
#include <algorithm>

#include "base/text.h"
#include "protocol/pop3/state.h"

namespace postern::pop3 {
namespace {

using Size = std::string_view::size_type;
constexpr Size kNone = std::string_view::npos;

constexpr std::string_view kAuth = "AUTH ";
constexpr uint32_t kSwallowLimit = 1 << 20;  // octets of one over-long line before the session ends

/// How long the line that is held and goes on with `more` may be, CRLF included.
Size line_limit(const Session::State& state, const Limits& limits, std::string_view more) {
  std::string begin = state.line.substr(0, kAuth.size());
  begin += more.substr(0, kAuth.size() - begin.size());
  // RFC 5034 section 4: lines of a SASL exchange; the initial response is granted the same.
  return state.sasl || equal_ignoring_case(begin, kAuth) ? limits.auth_line : limits.command_line;
}

/// Keeps the beginning of a line. Memory is taken by hand: growth must not leave copies of a password behind.
void hold(std::string& line, std::string_view more, const Limits& limits) {
  if (line.size() + more.size() > line.capacity()) {
    std::string larger;
    const Size wanted = line.size() + more.size();
    larger.reserve(wanted <= limits.command_line ? limits.command_line : limits.auth_line);
    larger += line;
    wipe(line);
    line.swap(larger);
  }
  line += more;
}

void drop(std::string& line) {
  wipe(line);
  std::string().swap(line);
}

/// Refuses a line as such; it also ends a SASL exchange, and what USER said.
void refuse_line(Step& step, std::string_view text, std::string_view rule) {
  step.state.sasl = false;
  ++step.state.progress;
  forget_login(step.state);
  step.context.trace.line('C', "(a line that was refused)", step.context.now);
  step.refuse(text, rule);
}

/// A whole line with its CRLF.
void take_complete(Step& step, std::string_view line) {
  ++step.state.progress;
  const std::string_view text = line.substr(0, line.size() - 2);
  if (text.find('\0') != kNone)
    refuse_line(step, "-ERR The line holds a NUL", "nul");
  else if (text.find('\r') != kNone)
    refuse_line(step, "-ERR The line holds a bare CR", "bare-cr");
  else if (step.state.sasl)
    proceed_sasl_response(step, text);
  else
    run_line(step, text);
}

/// The rest of a line that was refused already, up to its CRLF. Returns the octets used.
Size swallow(Step& step, std::string_view octets) {
  Session::State& state = step.state;
  const Size end = end_of_crlf_line(octets, state.after_cr);
  const Size used = end == kNone ? octets.size() : end;
  state.swallowed += static_cast<uint32_t>(std::min<Size>(used, kSwallowLimit));
  if (end == kNone && state.swallowed >= kSwallowLimit) step.close("a line without end");
  if (end == kNone) return used;
  state.swallowing = false;
  ++state.progress;
  return used;
}

void begin_swallowing(Step& step, std::string_view text, std::string_view rule) {
  Session::State& state = step.state;
  state.after_cr = state.line.ends_with('\r');
  state.swallowed = static_cast<uint32_t>(state.line.size());
  state.swallowing = true;
  drop(state.line);
  refuse_line(step, text, rule);
}

/// The line that is held goes on with `more`, up to and with an LF.
void take_line_end(Step& step, std::string_view more) {
  std::string whole;
  whole.swap(step.state.line);
  if (!whole.empty()) {
    hold(whole, more, step.context.rules.limits());
    more = whole;
  }
  // An LF without its CR ends no line: the line is refused now, and what follows up to its CRLF belongs to it. It is
  // never a second command.
  if (more.ends_with("\r\n"))
    take_complete(step, more);
  else
    begin_swallowing(step, "-ERR The line holds a bare LF", "bare-lf");
  drop(whole);
}

/// Takes a line or the beginning of one; returns the octets used.
Size take_line(Step& step, std::string_view octets) {
  Session::State& state = step.state;
  if (state.swallowing) return swallow(step, octets);
  const Size at = octets.find('\n');
  const Size length = at == kNone ? octets.size() : at + 1;
  const Limits& limits = step.context.rules.limits();
  if (state.line.size() + length > line_limit(state, limits, octets)) {
    begin_swallowing(step, "-ERR The line is too long", "line-too-long");
    return step.state.phase == kClosed ? length : swallow(step, octets);
  }
  if (at == kNone)
    hold(state.line, octets, limits);
  else
    take_line_end(step, octets.substr(0, length));
  return length;
}

}  // namespace

void forget_login(Session::State& state) {
  wipe(state.login);
  state.login.clear();
}

size_t take_input(Step& step, std::string_view octets) {
  Size used = 0;
  Session::State& state = step.state;
  while (used < octets.size() && !state.open && state.phase != kHandshake && state.phase != kClosed &&
         step.out.waiting_octets() < kReplyHold)
    used += take_line(step, octets.substr(used));
  if (state.phase == kClosed && used < octets.size()) state.unread = true;
  if (state.phase == kHandshake && used < octets.size()) {
    // RFC 2595 section 4: what was sent behind STLS in clear must not count as said inside TLS.
    step.note(Decision::note, "stls-injection", "octets behind STLS were dropped");
  }
  return state.phase == kHandshake || state.phase == kClosed ? octets.size() : used;
}

}  // namespace postern::pop3
