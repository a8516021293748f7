#include "base/bytes.h"

#include <array>

namespace postern {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::array<int8_t, 256> make_base64_table() {
  std::array<int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (size_t i = 0; i < kBase64.size(); ++i) table[static_cast<uint8_t>(kBase64[i])] = static_cast<int8_t>(i);
  return table;
}
constexpr auto kBase64Table = make_base64_table();

/// Octets held by the last group of four, 0 when the padding is wrong.
size_t last_group_size(std::string_view text) {
  if (text.ends_with("==")) return 1;
  return text.ends_with('=') ? 2 : 3;
}

}  // namespace

std::string hex(BytesView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (uint8_t byte : bytes) {
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<uint8_t>(high * 16 + low));
  }
  return out;
}

std::string base64(BytesView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    const uint32_t group = (static_cast<uint32_t>(bytes[i]) << 16) |
                           (left > 1 ? static_cast<uint32_t>(bytes[i + 1]) << 8 : 0U) |
                           (left > 2 ? static_cast<uint32_t>(bytes[i + 2]) : 0U);
    out.push_back(kBase64[(group >> 18) & 63]);
    out.push_back(kBase64[(group >> 12) & 63]);
    out.push_back(left > 1 ? kBase64[(group >> 6) & 63] : '=');
    out.push_back(left > 2 ? kBase64[group & 63] : '=');
  }
  return out;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return Bytes{};
  const size_t last = last_group_size(text);
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  for (size_t i = 0; i < text.size(); i += 4) {
    const bool final_group = i + 4 == text.size();
    const size_t octets = final_group ? last : 3;
    uint32_t group = 0;
    for (size_t j = 0; j < 4; ++j) {
      const int value = j <= octets ? kBase64Table[static_cast<uint8_t>(text[i + j])] : 0;
      if (value < 0) return std::nullopt;
      group = (group << 6) | static_cast<uint32_t>(value);
    }
    for (size_t j = 0; j < octets; ++j) out.push_back(static_cast<uint8_t>(group >> (16 - 8 * j)));
    if ((octets < 3 && (group & 0xff) != 0) || (octets < 2 && (group & 0xffff) != 0)) return std::nullopt;
  }
  return out;
}

}  // namespace postern
