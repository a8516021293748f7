// Octets: views, hex, base64 (RFC 4648) and conversions between text and octets. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

using Bytes = std::vector<uint8_t>;
using BytesView = std::span<const uint8_t>;

/// The same octets seen as unsigned bytes or as text; the result lives as long as the argument.
inline BytesView as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(std::string_view text) {
  return {text.begin(), text.end()};
}
inline std::string to_string(BytesView bytes) {
  return std::string(as_text(bytes));
}

/// Lower-case hexadecimal; decoding takes both cases and refuses an odd length.
std::string hex(BytesView bytes);
std::optional<Bytes> from_hex(std::string_view text);

/// Base64 with padding (RFC 4648 section 4). Decoding is strict: no line ends, no blanks, right padding, zero spare
/// bits.
std::string base64(BytesView bytes);
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace postern
