// The small languages of the command line's values. Pure functions; nothing when a text is not of the form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "postern/requests.h"

namespace postern::cli {

/// "25M", "64k", "1G", "512": octets, powers of 1024, no fraction.
std::optional<uint64_t> parse_size(std::string_view text);
/// "127.0.0.1:2525", "[::1]:0": is it an address and a port? The address itself is judged by the core.
bool is_endpoint(std::string_view text);
/// "FIELD=VALUE". The value is JSON when it reads as JSON (true, 25, ["a"], "25"), octets when it is a size with a unit
/// (25M), else text as it stands.
std::optional<api::FieldValue> parse_field(std::string_view text);

}  // namespace postern::cli
