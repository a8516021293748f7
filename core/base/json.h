// JSON in (bounded) and out. Wraps nlohmann::json so that nothing deep or huge reaches its recursive parts.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace postern {

using Json = nlohmann::json;

constexpr size_t kJsonMaxDepth = 64;
constexpr size_t kJsonMaxSize = 1 << 20;  ///< octets

/// RFC 8259 text to a value; bad_input on a syntax error, on duplicate keys' last-wins ambiguity, on depth or size
/// beyond the limits, on text that is not UTF-8.
Expected<Json> parse_json(std::string_view text, size_t max_size = kJsonMaxSize);
/// One line, keys in order, invalid UTF-8 replaced.
std::string dump_json(const Json& value);
/// Canonical form for hashing: keys sorted, no blanks, UTF-8 (the dump of nlohmann's ordered map).
inline std::string canonical_json(const Json& value) {
  return dump_json(value);
}

}  // namespace postern
