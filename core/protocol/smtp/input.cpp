// Octets to lines, in bounded memory. RFC 5321 section 2.3.8: a command is a line that ends in CRLF, and nothing else.
#include <algorithm>

#include "base/text.h"
#include "protocol/smtp/state.h"

namespace postern::smtp {
namespace {

using Size = std::string_view::size_type;
constexpr Size kNone = std::string_view::npos;

// What the extensions add to the 512 octets of a command line.
constexpr uint32_t kMailExtra = 26 + 17 + 10 + 120 + 500;  // RFC 1870, 6152, 6531, 3461 (RET, ENVID), 4954 (AUTH=)
constexpr uint32_t kRcptExtra = 30 + 510;                  // RFC 3461: NOTIFY, ORCPT
constexpr Size kVerb = 5;                                  // octets that tell which limit counts
constexpr uint32_t kSwallowLimit = 1 << 20;                // octets of one over-long line before the session ends
constexpr char kTlsHandshake = 0x16;                       // first octet of a TLS record

/// How long the line that begins like this may be, CRLF included.
Size line_limit(const Step& step, std::string_view more) {
  const Limits& limits = step.limits();
  // RFC 4954 section 4: a limit of its own for the exchange, the initial response included.
  if (step.state.exchange) return limits.auth_line;
  std::string verb = step.state.line.substr(0, kVerb);
  verb += more.substr(0, kVerb - verb.size());
  if (equal_ignoring_case(verb, "AUTH ")) return limits.auth_line;
  if (equal_ignoring_case(verb, "MAIL ")) return limits.command_line + kMailExtra;
  if (equal_ignoring_case(verb, "RCPT ")) return limits.command_line + kRcptExtra;
  return limits.command_line;
}

/// Keeps the beginning of a line. Memory is taken by hand: growth must not leave copies of a password behind.
void hold(std::string& line, std::string_view more) {
  if (line.size() + more.size() > line.capacity()) {
    std::string larger;
    larger.reserve(2 * (line.size() + more.size()));
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

Stage stage_of(const Session::State& state) {
  if (state.exchange) return Stage::auth;
  if (state.phase == kGreeted) return Stage::ehlo;
  return state.phase == kReady ? Stage::mail : Stage::rcpt;
}

/// Refuses a line as such. It is one command, and it ends an AUTH exchange.
void refuse_line(Step& step, Reply reply, Size octets) {
  const Stage stage = stage_of(step.state);
  step.state.exchange.reset();
  step.said("(" + std::to_string(octets) + " octets that are no command)");
  step.refuse(stage, reply);
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127;
}

/// A whole line with its LF.
void take_complete(Step& step, std::string_view line) {
  const Size size = line.size();
  line.remove_suffix(1);
  // Neither half of CRLF ends a line alone: what a client calls one line must not be two for us.
  if (line.empty() || line.back() != '\r') return refuse_line(step, Reply::bare_line_end, size);
  line.remove_suffix(1);
  if (line.find('\r') != kNone) return refuse_line(step, Reply::bare_line_end, size);
  if (std::any_of(line.begin(), line.end(), is_control) || !is_utf8(line))
    return refuse_line(step, Reply::bad_octets, size);
  if (step.state.exchange)
    proceed_response(step, line);
  else
    run_line(step, line);
}

/// The rest of a line that was too long.
Size swallow(Step& step, std::string_view octets) {
  const Size at = octets.find('\n');
  const Size used = at == kNone ? octets.size() : at + 1;
  step.state.swallowed += static_cast<uint32_t>(std::min<Size>(used, kSwallowLimit + 1));
  if (step.state.swallowed > kSwallowLimit) {
    step.close(Reply::too_many_errors);
    return used;
  }
  if (at == kNone) return used;
  step.state.swallowing = false;
  refuse_line(step, step.state.exchange ? Reply::auth_line_too_long : Reply::line_too_long, step.state.swallowed);
  return used;
}

/// Takes a line or the beginning of one; returns the octets used.
Size take_line(Step& step, std::string_view octets) {
  Session::State& state = step.state;
  if (state.swallowing) return swallow(step, octets);
  const Size at = octets.find('\n');
  const Size used = at == kNone ? octets.size() : at + 1;
  if (state.line.size() + used > line_limit(step, octets)) {
    state.swallowing = true;
    state.swallowed = static_cast<uint32_t>(state.line.size());
    drop(state.line);
    return swallow(step, octets);
  }
  if (at == kNone) {
    hold(state.line, octets);
    return used;
  }
  if (state.line.empty()) {
    take_complete(step, octets.substr(0, used));
    return used;
  }
  hold(state.line, octets.substr(0, used));
  std::string whole;
  whole.swap(state.line);
  take_complete(step, whole);
  drop(whole);
  return used;
}

bool wants_input(const Session::State& state) {
  return !state.question && state.phase != kHandshake && state.phase != kClosed;
}

/// RFC 2920 section 3.1: pipelining is for those who were offered it, and nothing goes ahead of 354.
void note_early_input(Step& step, bool offered, bool more) {
  Session::State& state = step.state;
  if (!more || state.early_noted || state.phase == kClosed || state.phase == kHandshake || state.chunk.open) return;
  if (offered && state.phase != kData) return;
  state.early_noted = true;
  if (offered)
    step.note(Stage::data, Decision::note, "order", "early-content", "content sent ahead of 354");
  else
    step.note(Stage::ehlo, Decision::note, "order", "early-pipelining",
              "commands sent ahead without an offer of PIPELINING");
}

/// A client that speaks TLS at once, as on port 465, will never send a line.
bool is_tls_hello(const Session::State& state, std::string_view octets) {
  return state.phase == kGreeted && !state.tls && state.line.empty() && !state.swallowing &&
         octets.front() == kTlsHandshake;
}

}  // namespace

size_t take_input(Step& step, std::string_view octets) {
  Session::State& state = step.state;
  Size used = 0;
  while (used < octets.size() && wants_input(state)) {
    const std::string_view rest = octets.substr(used);
    if (state.chunk.open) {
      used += take_chunk(step, rest);
    } else if (state.phase == kData) {
      used += take_content(step, rest);
    } else if (is_tls_hello(state, rest)) {
      step.said("(TLS without STARTTLS)");
      step.note(Stage::tls, Decision::refuse, "tls", "tls-without-starttls");
      step.close(Reply::bad_octets);
    } else {
      const bool offered = state.extended;
      used += take_line(step, rest);
      note_early_input(step, offered, used < octets.size());
      if (state.stopping) say_stopped(step);
    }
  }
  if (state.phase == kHandshake && used < octets.size()) {
    // RFC 3207 section 4.2: what was sent behind STARTTLS in clear must not count as said inside TLS.
    step.note(Stage::tls, Decision::note, "tls", "starttls-injection", "octets behind STARTTLS were dropped");
  }
  return state.phase == kHandshake || state.phase == kClosed ? octets.size() : used;
}

}  // namespace postern::smtp
