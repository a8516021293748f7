// Post-delivery downgrading of a header block: RFC 6857. The stored message is never touched. Pure functions, linear
// time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::mime {

/// True when a structured part of the block (an address, a message id, a MIME parameter, trace) holds non-ASCII octets.
/// Display names and comments are free text, as subjects are.
bool has_utf8_in_structured(std::string_view header);

/// The header block (with or without its blank line) in ASCII, as RFC 6857 section 3 says. Nothing when there is
/// nothing to do: the block is ASCII, or is not valid UTF-8 (a legacy charset, which has to come back as it came), or
/// has more than kFieldLimit fields.
std::optional<std::string> downgrade_header(std::string_view header);

}  // namespace postern::mime
