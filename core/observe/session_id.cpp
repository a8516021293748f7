#include "observe/session_id.h"

#include <algorithm>

#include "base/text.h"

namespace postern::observe {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr size_t kLength = 13;  // 65 bits: the first character carries four
constexpr int64_t kMicrosPerMilli = 1000;

}  // namespace

SessionIds::SessionIds(WallTime started, uint64_t above)
    : next_(std::max((static_cast<uint64_t>(std::max<WallTime>(started, 0)) / kMicrosPerMilli) << kCounterBits,
                     above + 1)) {}

std::string session_id_text(uint64_t id) {
  std::string out(kLength, '0');
  for (size_t i = kLength; i-- > 0; id >>= 5) out[i] = kAlphabet[id & 31];
  return out;
}

std::optional<uint64_t> parse_session_id(std::string_view text) {
  if (text.size() != kLength) return std::nullopt;
  uint64_t id = 0;
  for (const char c : text) {
    const size_t digit = kAlphabet.find(ascii_lower(c));
    if (digit == std::string_view::npos || (id >> 59) != 0) return std::nullopt;
    id = id << 5 | digit;
  }
  return id;
}

}  // namespace postern::observe
