// The content of a message on its way in: line ends, dots, limits. Streams; nothing is copied, what is passed on are
// pieces of the input. Private to protocol/smtp.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/machine.h"

namespace postern::smtp {

constexpr uint32_t kNormalLine = 998;         ///< octets without CRLF, RFC 5322 section 2.1.1; longer ones are noted
constexpr uint32_t kReceivedLimit = 100;      ///< Received headers: more is a loop, RFC 5321 section 6.3
constexpr uint64_t kDiscardFactor = 4;        ///< a refused message is read up to this many times the size limit ...
constexpr uint64_t kDiscardFloor = 64 << 20;  ///< ... and at least this many octets beyond it

/// Why content is refused. The first one found counts, whatever the pieces it came in.
enum class Fault : uint8_t { none, bare_line_end, nul, line_too_long, too_big, loop };

/// Counts the Received headers in the header block, however it is cut.
class ReceivedCounter {
 public:
  /// Returns where in `text` the one too many ends, or npos.
  size_t feed(std::string_view text);

 private:
  static constexpr uint8_t kOther = 255;
  uint32_t count_ = 0;
  uint8_t matched_ = 0;  ///< octets of "received:" this line began with; kOther: another line
  bool in_header_ = true;
};

/// One message. Nothing with a bare CR, a bare LF or a NUL ever comes out. One thread.
class Content {
 public:
  struct Rules {
    bool dots = true;     ///< DATA: ends with CRLF.CRLF, RFC 5321 section 4.1.1.4; else BDAT: finish() ends it
    bool repair = false;  ///< each bare CR or LF comes out as CRLF; else it is a fault
    uint64_t size = 0;
    uint32_t line = 0;  ///< longest text line, octets without CRLF
  };
  explicit Content(const Rules& rules) : rules_(rules) {}

  /// Takes octets until they are used up or the end mark has come; returns how many. After a fault nothing is passed
  /// on.
  size_t feed(std::string_view octets, Actions& out);
  /// The end of the last chunk. A last line without CRLF gets one.
  void finish(Actions& out);

  bool ended() const { return state_ == State::ended; }
  Fault fault() const { return fault_; }
  /// So much was sent after the size limit that reading on is no use.
  bool hopeless() const;
  uint64_t octets() const { return size_; }  ///< passed on
  uint64_t bare() const { return bare_; }    ///< CR and LF that are not part of a CRLF
  uint32_t long_lines() const { return long_lines_; }
  /// It begins with a blank. The line would go on our own trace field (RFC 5322 section 2.2.3), so it is made the body.
  bool headless() const { return headless_; }
  bool completed() const { return completed_; }  ///< finish() added the last CRLF

 private:
  enum class State : uint8_t { line_start, in_line, after_cr, dot, dot_cr, ended };
  struct Piece;

  void scan(Piece& piece);
  void step_after_cr(Piece& piece);
  void step_dot(Piece& piece);
  void step_dot_cr(Piece& piece);
  void add_to_line(Piece& piece, size_t octets);
  void end_line();
  void meet_bare(Actions& out);
  void pass(std::string_view text, Actions& out);
  void fail(Fault fault);

  Rules rules_;
  State state_ = State::line_start;
  Fault fault_ = Fault::none;
  bool completed_ = false;
  bool headless_ = false;
  uint32_t long_lines_ = 0;
  uint64_t line_ = 0;  ///< octets of the line so far
  uint64_t size_ = 0;
  uint64_t read_ = 0;
  uint64_t bare_ = 0;
  ReceivedCounter received_;
};

}  // namespace postern::smtp
