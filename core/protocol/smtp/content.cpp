#include "protocol/smtp/content.h"

#include <algorithm>

#include "base/text.h"

namespace postern::smtp {
namespace {

constexpr std::string_view kReceived = "received:";
constexpr std::string_view kCrLf = "\r\n";
constexpr size_t kNone = std::string_view::npos;

}  // namespace

size_t ReceivedCounter::feed(std::string_view text) {
  size_t i = 0;
  while (in_header_ && i < text.size()) {
    if (matched_ == kOther) {
      const size_t end = text.find('\n', i);
      if (end == kNone) return kNone;
      matched_ = 0;
      i = end + 1;
    } else if (matched_ == 0 && text[i] == '\r') {
      in_header_ = false;  // a blank line: every line end here is a CRLF
    } else if (ascii_lower(text[i]) != kReceived[matched_]) {
      matched_ = kOther;
    } else {
      ++i;
      if (++matched_ < kReceived.size()) continue;
      matched_ = kOther;
      if (++count_ > kReceivedLimit) return i;
    }
  }
  return kNone;
}

/// The octets of one call: `at` is read next, from `begin` on nothing was passed on yet.
struct Content::Piece {
  std::string_view octets;
  Actions& out;
  size_t begin = 0;
  size_t at = 0;
  size_t lf = 0;  ///< the first LF at or behind `at`, once looked for; or the end
  bool lf_known = false;

  bool more() const { return at < octets.size(); }
  char next() const { return octets[at]; }
  /// Looks for it once a line: a line full of CR must not be searched once for each.
  size_t next_lf() {
    if (!lf_known || lf < at) lf = std::min(octets.find('\n', at), octets.size());
    lf_known = true;
    return lf;
  }
  std::string_view until(size_t end) const { return octets.substr(begin, end - begin); }
};

size_t Content::feed(std::string_view octets, Actions& out) {
  Piece piece{octets, out};
  while (piece.more() && state_ != State::ended) {
    switch (state_) {
      case State::line_start:
        state_ = State::in_line;
        if (rules_.dots && piece.next() == '.') {
          // RFC 5321 section 4.5.2: the first dot of a line is never content.
          pass(piece.until(piece.at), out);
          piece.begin = ++piece.at;
          state_ = State::dot;
        }
        break;
      case State::in_line:
        scan(piece);
        break;
      case State::after_cr:
        step_after_cr(piece);
        break;
      case State::dot:
        step_dot(piece);
        break;
      case State::dot_cr:
        step_dot_cr(piece);
        break;
      case State::ended:
        break;
    }
  }
  pass(piece.until(std::max(piece.begin, piece.at)), out);
  read_ += piece.at;
  return piece.at;
}

/// From inside a line to its end, its CR, or the end of the piece.
void Content::scan(Piece& piece) {
  const size_t lf = piece.next_lf();
  const size_t cr = piece.octets.substr(0, lf).find('\r', piece.at);
  const size_t end = std::min(cr, lf);
  add_to_line(piece, end - piece.at);
  piece.at = end;
  if (end == piece.octets.size()) return;
  if (cr != kNone && cr + 1 == lf && lf < piece.octets.size()) {
    piece.at += kCrLf.size();
    return end_line();
  }
  // A CR at the end of the piece waits: alone it must not come out.
  const bool waits = cr != kNone && cr + 1 == piece.octets.size();
  pass(piece.until(piece.at), piece.out);
  piece.begin = ++piece.at;
  if (waits)
    state_ = State::after_cr;
  else
    meet_bare(piece.out);
}

/// The piece before ended in a CR.
void Content::step_after_cr(Piece& piece) {
  state_ = State::in_line;
  if (piece.next() != '\n') return meet_bare(piece.out);
  piece.begin = ++piece.at;
  pass(kCrLf, piece.out);
  end_line();
}

void Content::step_dot(Piece& piece) {
  state_ = State::in_line;
  if (piece.next() != '\r') return;
  piece.begin = ++piece.at;
  state_ = State::dot_cr;
}

/// CRLF "." CR was read: with LF it is the end, RFC 5321 section 4.1.1.4; nothing else is.
void Content::step_dot_cr(Piece& piece) {
  state_ = State::in_line;
  if (piece.next() != '\n') return meet_bare(piece.out);
  piece.begin = ++piece.at;
  state_ = State::ended;
}

void Content::add_to_line(Piece& piece, size_t octets) {
  const uint64_t room = rules_.line - std::min<uint64_t>(line_, rules_.line);
  line_ += octets;
  if (octets <= room || fault_ != Fault::none) return;
  // What stands before the fault is judged first, so that the verdict does not depend on how the content was cut.
  pass(piece.until(piece.at + room), piece.out);
  fail(Fault::line_too_long);
}

void Content::end_line() {
  if (line_ > kNormalLine) ++long_lines_;
  line_ = 0;
  state_ = State::line_start;
}

/// A CR or LF that is not part of a CRLF was read.
void Content::meet_bare(Actions& out) {
  ++bare_;
  if (!rules_.repair) return fail(Fault::bare_line_end);
  pass(kCrLf, out);
  end_line();
  // A line begins in what is stored, not in what was sent: a dot that follows is content.
  if (rules_.dots) state_ = State::in_line;
}

void Content::pass(std::string_view text, Actions& out) {
  if (text.empty() || fault_ != Fault::none) return;
  if (size_ == 0 && !headless_ && is_blank(text.front())) {
    headless_ = true;
    pass("\r\n", out);
    if (fault_ != Fault::none) return;
  }
  const size_t room = static_cast<size_t>(std::min<uint64_t>(rules_.size - std::min(size_, rules_.size), text.size()));
  const std::string_view fitting = text.substr(0, room);
  const size_t nul = fitting.find('\0');
  if (received_.feed(fitting.substr(0, nul)) != kNone) return fail(Fault::loop);
  if (nul != kNone) return fail(Fault::nul);
  if (fitting.size() < text.size()) return fail(Fault::too_big);
  size_ += text.size();
  out.content(text);
}

void Content::fail(Fault fault) {
  if (fault_ == Fault::none) fault_ = fault;
}

void Content::finish(Actions& out) {
  if (state_ == State::after_cr) meet_bare(out);
  // RFC 3030 section 2 leaves it open; a message of ours ends in CRLF.
  if (state_ == State::in_line && fault_ == Fault::none) {
    pass(kCrLf, out);
    end_line();
    completed_ = true;
  }
  state_ = State::ended;
}

bool Content::hopeless() const {
  return read_ > rules_.size + std::max(rules_.size * (kDiscardFactor - 1), kDiscardFloor);
}

}  // namespace postern::smtp
