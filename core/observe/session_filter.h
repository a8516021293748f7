// The filter of session lists: `port=25 address=10.0.0.0/8 verdict!=pass since=2h text="no such user"`.
//
//   filter  = term *((blank / ",") term)     all terms must hold; "" holds for every session
//   term    = name ("=" / "!=") value
//   value   = plain up to a blank or comma, or in double quotes, where a backslash takes the next character as it is
//   port    25, 110
//   address one, or a network in CIDR form
//   user    login address, or its local part alone; empty = not logged in
//   verdict refuse, defer, pass
//   state   open, closed
//   since, until   when it began: RFC 3339, or a span back from now (90s 15m 2h 7d); only "="
//   text    found, ignoring ASCII case, in user, HELO, end, rules, reasons and transcript
//
// Not handled: or, brackets, patterns. A value; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "observe/session_row.h"

namespace postern::observe {

constexpr size_t kFilterLength = 1024;  ///< octets
constexpr size_t kFilterTerms = 16;

class SessionFilter {
 public:
  /// bad_input: "filter, column N" (from 1), the text found there, what would have been understood.
  /// too_large, too_many: beyond the limits above.
  static Expected<SessionFilter> parse(std::string_view text, WallTime now);

  SessionFilter() = default;  ///< holds for every session

  /// Everything, transcript included.
  bool matches(const Trace& trace) const;
  /// For a session of which only the row is left: text is looked for in user, rule and end.
  bool matches(const SessionRow& row) const;

  /// Bounds for a query that cannot look at each row; the terms above hold all the same.
  std::optional<WallTime> since() const { return since_; }
  std::optional<WallTime> until() const { return until_; }
  /// Has to read transcripts.
  bool needs_text() const;

 private:
  enum class Name : uint8_t { port, address, user, verdict, state, since, until, text };
  struct Term {
    Name name = Name::port;
    bool negated = false;
    uint16_t port = 0;
    Network network;
    Decision verdict = Decision::pass;
    bool open = false;
    std::string word;  ///< user or text, in lower case
  };
  class Parser;

  bool matches_term(const Term& term, const SessionRow& row) const;
  bool within(const SessionRow& row) const;

  std::vector<Term> terms_;
  std::optional<WallTime> since_, until_;
};

/// Is `word` (in lower case) somewhere in `text`, ignoring ASCII case?
bool contains_ignoring_case(std::string_view text, std::string_view word);

}  // namespace postern::observe
