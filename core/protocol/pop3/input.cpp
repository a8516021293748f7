// Octets to lines, in bounded memory. RFC 1939 section 3: a command is one line that ends in CRLF.
#include "base/text.h"
#include "protocol/pop3/state.h"

namespace postern::pop3 {
namespace {

using Size = std::string_view::size_type;
constexpr Size kNone = std::string_view::npos;

constexpr std::string_view kAuth = "AUTH ";

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

/// Refuses a line as such; it also ends a SASL exchange.
void refuse_line(Step& step, std::string_view text, std::string_view rule) {
  step.state.sasl = false;
  step.context.trace.line('C', "(a line that was refused)", step.context.now);
  step.refuse(text, rule);
}

/// A whole line with its CRLF.
void take_complete(Step& step, std::string_view line) {
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

bool is_bare_lf(const Session::State& state, std::string_view octets, Size at) {
  if (at > 0) return octets[at - 1] != '\r';
  return !state.swallowing && (state.line.empty() || state.line.back() != '\r');
}

/// One past the LF at `at`. A bare LF is inside a line, not its end: what came with it is the same line, never a second
/// command.
Size past_line_end(std::string_view octets, Size at, bool bare) {
  if (!bare) return at + 1;
  const Size next = octets.find('\n', at + 1);
  return next == kNone ? octets.size() : next + 1;
}

/// The line that is held goes on with `more`, up to and with its LF.
void take_line_end(Step& step, std::string_view more, bool bare) {
  std::string whole;
  whole.swap(step.state.line);
  if (bare) {
    refuse_line(step, "-ERR The line holds a bare LF", "bare-lf");
  } else if (whole.empty()) {
    take_complete(step, more);
  } else {
    hold(whole, more, step.context.rules.limits());
    take_complete(step, whole);
  }
  drop(whole);
}

/// Takes a line or the beginning of one; returns the octets used.
Size take_line(Step& step, std::string_view octets) {
  Session::State& state = step.state;
  const Size at = octets.find('\n');
  const bool complete = at != kNone;
  const bool bare = complete && is_bare_lf(state, octets, at);
  const Size used = complete ? past_line_end(octets, at, bare) : octets.size();
  if (state.swallowing) {
    state.swallowing = !complete;
    return used;
  }
  const Limits& limits = step.context.rules.limits();
  const Size length = complete ? at + 1 : octets.size();
  if (state.line.size() + length > line_limit(state, limits, octets)) {
    drop(state.line);
    state.swallowing = !complete;
    refuse_line(step, "-ERR The line is too long", "line-too-long");
  } else if (complete) {
    take_line_end(step, octets.substr(0, length), bare);
  } else {
    hold(state.line, octets, limits);
  }
  return used;
}

}  // namespace

size_t take_input(Step& step, std::string_view octets) {
  Size used = 0;
  Session::State& state = step.state;
  while (used < octets.size() && !state.open && state.phase != kHandshake && state.phase != kClosed)
    used += take_line(step, octets.substr(used));
  if (state.phase == kHandshake && used < octets.size()) {
    // RFC 2595 section 4: what was sent behind STLS in clear must not count as said inside TLS.
    step.note(Decision::note, "stls-injection", "octets behind STLS were dropped");
  }
  return state.phase == kHandshake || state.phase == kClosed ? octets.size() : used;
}

}  // namespace postern::pop3
