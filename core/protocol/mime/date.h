// Dates of header fields: RFC 5322 section 3.3 with the obsolete forms of section 4.3, and what else is found. Pure
// function.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::mime {

/// Seconds since 1970-01-01T00:00:00Z. Behind a ';' when there is one (Received). Zones that are not known count as
/// UTC.
std::optional<int64_t> parse_date(std::string_view text);

}  // namespace postern::mime
