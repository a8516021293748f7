// The pieces of parse_mail and parse_rcpt. Private to protocol/smtp.
#pragma once

#include "protocol/smtp/request.h"

namespace postern::smtp {

enum class PathRole : uint8_t { reverse, forward };

/// "FROM:<path>" or "TO:<path>" (`keyword` with its colon); `argument` is moved behind it.
Refusal parse_path(std::string_view& argument, std::string_view keyword, PathRole role, Path& path);
Refusal parse_mail_parameters(std::string_view text, MailParameters& out);
Refusal parse_rcpt_parameters(std::string_view text, RcptParameters& out);

}  // namespace postern::smtp
