#include "observe/trace_key.h"

#include <algorithm>

#include "base/text.h"
#include "observe/session_id.h"

namespace postern::observe {
namespace {

bool is_word(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '@' || c == '+';
}

/// Is `word` in `text` with nothing on either side that would make it part of a longer word?
bool holds_word(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return ascii_lower(a) == b; };
  for (auto from = text.begin();;) {
    const auto at = std::search(from, text.end(), word.begin(), word.end(), same);
    if (at == text.end()) return false;
    const auto end = at + static_cast<std::ptrdiff_t>(word.size());
    // A full stop behind a word ends a sentence unless more of a word follows.
    const bool stop = end != text.end() && *end == '.' && (end + 1 == text.end() || !is_word(*(end + 1)));
    if ((at == text.begin() || !is_word(*(at - 1))) && (end == text.end() || !is_word(*end) || stop)) return true;
    from = at + 1;
  }
}

}  // namespace

Expected<TraceKey> TraceKey::parse(std::string_view text) {
  text = trim(text);
  // Message ids are often copied with their brackets.
  if (text.size() > 2 && text.front() == '<' && text.back() == '>') text = text.substr(1, text.size() - 2);
  const bool control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (text.empty() || text.size() > kTraceKeyLength || control)
    return fail(ErrorCode::bad_input, {"key", printable(text, 40)});
  TraceKey out;
  out.session_ = parse_session_id(text);
  out.address_ = IpAddress::parse(text);
  out.word_ = to_lower(text);
  return out;
}

bool TraceKey::matches(const Trace& trace) const {
  if (address_) return trace.peer().address == *address_;
  if (session_ && trace.session() == *session_) return true;
  if (equal_ignoring_case(trace.user(), word_)) return true;
  return holds_word(trace.transcript(), word_);
}

}  // namespace postern::observe
