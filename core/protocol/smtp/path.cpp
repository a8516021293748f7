// Paths of MAIL and RCPT: RFC 5321 section 4.1.2.
#include "base/text.h"
#include "protocol/smtp/parse.h"

namespace postern::smtp {
namespace {

constexpr std::string_view kPostmaster = "postmaster";
constexpr size_t kNone = std::string_view::npos;

/// Where the '>' of the path stands that opens `text`; quoted strings may hold others.
size_t closing_bracket(std::string_view text) {
  bool quoted = false;
  for (size_t i = 1; i < text.size(); ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (text[i] == '>' && !quoted)
      return i;
  }
  return kNone;
}

/// A-d-l = At-domain *( "," At-domain ), and the ":" behind it: checked, then forgotten.
bool skip_route(std::string_view& text) {
  while (!text.empty() && text.front() == '@') {
    const size_t end = text.find_first_of(",:");
    if (end == kNone || !mime::is_domain(text.substr(1, end - 1), true)) return false;
    const bool last = text[end] == ':';
    text.remove_prefix(end + 1);
    if (last) return true;
  }
  return false;
}

bool parse_inner(std::string_view text, PathRole role, Path& path) {
  if (text.empty()) return role == PathRole::reverse;
  if (role == PathRole::forward && equal_ignoring_case(text, kPostmaster)) {
    // RFC 5321 section 4.5.1: without a domain it is ours.
    path.postmaster = true;
    return true;
  }
  path.routed = text.front() == '@';
  if (path.routed && !skip_route(text)) return false;
  path.non_ascii = !is_ascii(text);
  path.mailbox = mime::parse_mailbox(text, true);
  return path.mailbox.has_value();
}

}  // namespace

Refusal parse_path(std::string_view& argument, std::string_view keyword, PathRole role, Path& path) {
  const Reply bad_address = role == PathRole::reverse ? Reply::bad_sender : Reply::bad_recipient;
  const std::string_view whole = argument;
  if (!starts_with_ignoring_case(argument, keyword)) return {Reply::bad_argument, printable(whole)};
  argument.remove_prefix(keyword.size());
  // RFC 5321 section 3.3 allows no blank here; many clients send one, and it can mean nothing else.
  argument = trim(argument);
  if (argument.empty() || argument.front() != '<') return {bad_address, printable(whole)};
  const size_t end = closing_bracket(argument);
  if (end == kNone || end > kRouteLimit) return {bad_address, printable(whole)};
  const std::string_view inner = argument.substr(1, end - 1);
  argument.remove_prefix(end + 1);
  if (!argument.empty() && !is_blank(argument.front())) return {bad_address, printable(whole)};
  if (!parse_inner(inner, role, path)) return {bad_address, printable(whole)};
  return {};
}

}  // namespace postern::smtp
