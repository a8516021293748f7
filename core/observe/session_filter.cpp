#include "observe/session_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace postern::observe {
namespace {

constexpr std::string_view kNames = "port address user verdict state since until text";
constexpr uint64_t kMaxSpan = 1'000'000'000;  // seconds, 31 years

/// "90s", "15m", "2h", "7d" as seconds.
std::optional<uint64_t> parse_span(std::string_view text) {
  constexpr std::array<std::pair<char, uint64_t>, 4> kUnits{{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}}};
  if (text.size() < 2 || text.size() > 10) return std::nullopt;
  const auto* unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& u) { return u.first == text.back(); });
  if (unit == kUnits.end()) return std::nullopt;
  uint64_t count = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (!is_digit(c)) return std::nullopt;
    count = count * 10 + static_cast<uint64_t>(c - '0');
  }
  return std::min(count * unit->second, kMaxSpan);
}

bool same_user(std::string_view user, std::string_view wanted) {
  if (wanted.find('@') == std::string_view::npos && !wanted.empty()) user = user.substr(0, user.find('@'));
  return equal_ignoring_case(user, wanted);
}

bool text_in_row(const SessionRow& row, std::string_view word) {
  return contains_ignoring_case(row.user, word) || contains_ignoring_case(row.rule, word) ||
         contains_ignoring_case(row.why, word);
}

bool text_in_trace(const Trace& trace, std::string_view word) {
  if (contains_ignoring_case(trace.user(), word) || contains_ignoring_case(trace.helo(), word) ||
      contains_ignoring_case(trace.why(), word))
    return true;
  for (const Verdict& verdict : trace.verdicts())
    if (contains_ignoring_case(verdict.rule, word) || contains_ignoring_case(verdict.reason, word)) return true;
  return contains_ignoring_case(trace.transcript(), word);
}

}  // namespace

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return ascii_lower(a) == b; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end() || word.empty();
}

/// Reads terms from left to right; remembers where it is for the error.
class SessionFilter::Parser {
 public:
  Parser(std::string_view text, WallTime now) : text_(text), now_(now) {}

  Expected<SessionFilter> run() {
    if (text_.size() > kFilterLength) return fail(ErrorCode::too_large, {"filter", std::to_string(kFilterLength)});
    SessionFilter out;
    for (skip(); at_ < text_.size(); skip()) {
      if (auto done = term(out); !done) return fail(done.error());
    }
    return out;
  }

 private:
  void skip() {
    while (at_ < text_.size() && (is_blank(text_[at_]) || text_[at_] == ',')) ++at_;
  }

  tl::unexpected<Error> wrong(size_t at, std::string_view expected) const {
    return fail(ErrorCode::bad_input,
                {fmt::format("filter, column {}", at + 1), printable(text_.substr(at), 40), std::string(expected)});
  }

  Expected<void> term(SessionFilter& out) {
    const size_t begin = at_;
    const size_t sign = text_.find('=', begin);
    if (sign == std::string_view::npos) return wrong(begin, kNames);
    Term term;
    term.negated = sign > begin && text_[sign - 1] == '!';
    const std::string_view word = text_.substr(begin, sign - begin - (term.negated ? 1 : 0));
    const auto names = split(kNames, ' ');
    const auto name = std::find(names.begin(), names.end(), word);
    if (name == names.end()) return wrong(begin, kNames);
    term.name = static_cast<Name>(name - names.begin());
    at_ = sign + 1;
    const size_t value_at = at_;
    auto value = read_value();
    if (!value) return fail(value.error());
    if (out.terms_.size() >= kFilterTerms) return fail(ErrorCode::too_many, {"filter", std::to_string(kFilterTerms)});
    return take(out, term, *value, value_at);
  }

  Expected<std::string> read_value() {
    if (at_ < text_.size() && text_[at_] == '"') return read_quoted();
    const size_t begin = at_;
    while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != ',') ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  Expected<std::string> read_quoted() {
    const size_t begin = at_++;
    std::string out;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return out;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_];
    }
    return wrong(begin, "\"");
  }

  Expected<void> take(SessionFilter& out, Term& term, const std::string& value, size_t at) {
    switch (term.name) {
      case Name::since:
      case Name::until:
        return take_time(out, term, value, at);
      case Name::port:
        if (value != "25" && value != "110") return wrong(at, "25 110");
        term.port = value == "25" ? 25 : 110;
        break;
      case Name::address: {
        const auto network = Network::parse(value);
        if (!network) return wrong(at, "192.0.2.7 192.0.2.0/24 2001:db8::/32");
        term.network = *network;
        break;
      }
      case Name::verdict:
        if (value != "refuse" && value != "defer" && value != "pass") return wrong(at, "refuse defer pass");
        term.verdict = value == "refuse" ? Decision::refuse : value == "defer" ? Decision::defer : Decision::pass;
        break;
      case Name::state:
        if (value != "open" && value != "closed") return wrong(at, "open closed");
        term.open = value == "open";
        break;
      case Name::text:
        if (value.empty()) return wrong(at, "text");
        [[fallthrough]];
      case Name::user:
        term.word = to_lower(value);
        break;
    }
    out.terms_.push_back(std::move(term));
    return {};
  }

  Expected<void> take_time(SessionFilter& out, const Term& term, const std::string& value, size_t at) {
    if (term.negated) return wrong(at - 2, "=");
    auto time = parse_rfc3339(value);
    if (const auto span = parse_span(value)) time = now_ - static_cast<WallTime>(*span) * kMicrosPerSecond;
    if (!time) return wrong(at, "2026-11-24T08:30:00Z 90s 15m 2h 7d");
    if (term.name == Name::since)
      out.since_ = std::max(out.since_.value_or(*time), *time);
    else
      out.until_ = std::min(out.until_.value_or(*time), *time);
    return {};
  }

  std::string_view text_;
  WallTime now_;
  size_t at_ = 0;
};

Expected<SessionFilter> SessionFilter::parse(std::string_view text, WallTime now) {
  return Parser(text, now).run();
}

bool SessionFilter::needs_text() const {
  return std::any_of(terms_.begin(), terms_.end(), [](const Term& term) { return term.name == Name::text; });
}

bool SessionFilter::within(const SessionRow& row) const {
  return (!since_ || row.began >= *since_) && (!until_ || row.began < *until_);
}

bool SessionFilter::matches_term(const Term& term, const SessionRow& row) const {
  switch (term.name) {
    case Name::port:
      return row.port == term.port;
    case Name::address:
      return term.network.contains(row.address);
    case Name::user:
      return same_user(row.user, term.word);
    case Name::verdict:
      return row.verdict == term.verdict;
    case Name::state:
      return (row.ended == 0) == term.open;
    default:
      return true;
  }
}

bool SessionFilter::matches(const SessionRow& row) const {
  return within(row) && std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
           const bool holds = term.name == Name::text ? text_in_row(row, term.word) : matches_term(term, row);
           return holds != term.negated;
         });
}

bool SessionFilter::matches(const Trace& trace) const {
  const SessionRow row = row_of(trace);
  if (!within(row)) return false;
  // The cheap terms first: a transcript is put together only for what they leave over.
  for (const Term& term : terms_)
    if (term.name != Name::text && matches_term(term, row) == term.negated) return false;
  for (const Term& term : terms_)
    if (term.name == Name::text && text_in_trace(trace, term.word) == term.negated) return false;
  return true;
}

}  // namespace postern::observe
