// Octets to lines, in bounded memory. RFC 5321 section 2.3.8: a command is a line that ends in CRLF, and nothing else.
#include <algorithm>
#include <utility>

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

/// Behind such a line comes a chunk, and nobody can tell how long it is.
bool is_chunk_command(std::string_view begin) {
  constexpr std::string_view kBdat = "BDAT";
  if (!starts_with_ignoring_case(begin, kBdat)) return false;
  return begin.size() == kBdat.size() || !(is_alpha(begin[kBdat.size()]) || is_digit(begin[kBdat.size()]));
}

/// Refuses a line as such. It is one command, and it ends an AUTH exchange. The chunk behind a BDAT must not be read as
/// commands: the session ends.
void refuse_line(Step& step, Reply reply, Size octets, bool chunk) {
  const Stage stage = stage_of(step.state);
  step.state.exchange.reset();
  step.said("(" + std::to_string(octets) + " octets that are no command)");
  if (!chunk) return step.refuse(stage, reply);
  step.note(Stage::data, Decision::refuse, reply_row(reply).gate, reply_row(reply).rule, "BDAT");
  step.close(reply);
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127;
}

/// A whole line without its CRLF.
void take_complete(Step& step, std::string_view line) {
  ++step.state.progress;
  const bool chunk = !step.state.exchange && is_chunk_command(line);
  if (line.find('\r') != kNone) return refuse_line(step, Reply::bare_line_end, line.size(), chunk);
  if (std::any_of(line.begin(), line.end(), is_control) || !is_utf8(line))
    return refuse_line(step, Reply::bad_octets, line.size(), chunk);
  if (step.state.exchange)
    proceed_response(step, line);
  else
    run_line(step, line);
}

/// An LF without its CR ends no line, RFC 5321 section 2.3.8: the line is refused now, and what follows up to its CRLF
/// belongs to it. What a system before us calls one line is never two for us, in commands or in replies.
void take_bare(Step& step, std::string_view line) {
  ++step.state.progress;
  step.state.rest = Rest::refused;
  step.state.swallowed = 0;
  step.state.after_cr = false;
  refuse_line(step, Reply::bare_line_end, line.size(), !step.state.exchange && is_chunk_command(line));
}

/// A line up to and with its first LF.
void take_to_lf(Step& step, std::string_view line) {
  if (line.ends_with("\r\n"))
    take_complete(step, line.substr(0, line.size() - 2));
  else
    take_bare(step, line);
}

void begin_swallowing(Step& step, std::string_view octets) {
  Session::State& state = step.state;
  std::string verb = state.line.substr(0, kVerb);
  verb += octets.substr(0, kVerb - verb.size());
  if (state.exchange || equal_ignoring_case(verb, "AUTH "))
    state.rest = Rest::auth_too_long;
  else
    state.rest = is_chunk_command(verb) ? Rest::chunk_too_long : Rest::too_long;
  state.swallowed = static_cast<uint32_t>(state.line.size());
  state.after_cr = state.line.ends_with('\r');
  drop(state.line);
}

/// The rest of a line that was too long, or refused already.
Size swallow(Step& step, std::string_view octets) {
  Session::State& state = step.state;
  const Size end = end_of_crlf_line(octets, state.after_cr);
  const Size used = end == kNone ? octets.size() : end;
  state.swallowed += static_cast<uint32_t>(std::min<Size>(used, kSwallowLimit + 1));
  if (state.swallowed > kSwallowLimit) {
    step.close(Reply::too_many_errors);
    return used;
  }
  if (end == kNone) return used;
  const Rest rest = std::exchange(state.rest, Rest::none);
  ++state.progress;
  if (rest == Rest::refused) return used;
  const Reply reply = rest == Rest::auth_too_long ? Reply::auth_line_too_long : Reply::line_too_long;
  refuse_line(step, reply, state.swallowed, rest == Rest::chunk_too_long);
  return used;
}

/// Takes a line or the beginning of one; returns the octets used.
Size take_line(Step& step, std::string_view octets) {
  Session::State& state = step.state;
  if (state.rest != Rest::none) return swallow(step, octets);
  const Size at = octets.find('\n');
  const Size used = at == kNone ? octets.size() : at + 1;
  if (state.line.size() + used > line_limit(step, octets)) {
    begin_swallowing(step, octets);
    return swallow(step, octets);
  }
  if (at == kNone) {
    hold(state.line, octets);
    return used;
  }
  if (state.line.empty()) {
    take_to_lf(step, octets.substr(0, used));
    return used;
  }
  hold(state.line, octets.substr(0, used));
  std::string whole;
  whole.swap(state.line);
  take_to_lf(step, whole);
  drop(whole);
  return used;
}

bool wants_input(const Step& step) {
  const Session::State& state = step.state;
  const bool open = !state.question && state.phase != kHandshake && state.phase != kClosed;
  return open && step.out.waiting_octets() < kReplyHold;
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
  return state.phase == kGreeted && !state.tls && state.line.empty() && state.rest == Rest::none &&
         octets.front() == kTlsHandshake;
}

}  // namespace

size_t take_input(Step& step, std::string_view octets) {
  Session::State& state = step.state;
  Size used = 0;
  while (used < octets.size() && wants_input(step)) {
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
  if (state.phase == kClosed && used < octets.size()) state.unread = true;
  return state.phase == kHandshake || state.phase == kClosed ? octets.size() : used;
}

}  // namespace postern::smtp
