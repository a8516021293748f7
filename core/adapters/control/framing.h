// Frames of the control channel: four octets of length, most significant first, then that many octets of JSON.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "postern/codec.h"

namespace postern::control {

constexpr size_t kHeaderSize = 4;
using Header = std::array<uint8_t, kHeaderSize>;

inline Header header_of(size_t size) {
  return {static_cast<uint8_t>(size >> 24), static_cast<uint8_t>(size >> 16), static_cast<uint8_t>(size >> 8),
          static_cast<uint8_t>(size)};
}
inline size_t size_in(const Header& header) {
  return size_t{header[0]} << 24 | size_t{header[1]} << 16 | size_t{header[2]} << 8 | size_t{header[3]};
}
/// An empty frame means nothing, one over the limit is never read.
inline bool is_allowed(size_t size) {
  return size > 0 && size <= api::kMaxMessage;
}

/// Header and text in one piece. The text must be allowed.
std::string frame_of(std::string_view text);

}  // namespace postern::control
