#include "base/ip_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace postern {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::optional<unsigned> decimal(std::string_view text, unsigned limit) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > limit) return std::nullopt;
  return value;
}

std::optional<std::array<uint8_t, 4>> parse_quad(std::string_view text) {
  std::array<uint8_t, 4> out{};
  for (size_t i = 0; i < 4; ++i) {
    const size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const auto value = decimal(text.substr(0, dot), 255);
    if (!value) return std::nullopt;
    out[i] = static_cast<uint8_t>(*value);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return out;
}

/// Appends the 16-bit groups of `text` (hex groups, the last may be a dotted quad).
bool parse_groups(std::string_view text, std::vector<uint16_t>& out) {
  while (!text.empty()) {
    const size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      const auto quad = parse_quad(group);
      if (!quad) return false;
      out.push_back(static_cast<uint16_t>((*quad)[0] << 8 | (*quad)[1]));
      out.push_back(static_cast<uint16_t>((*quad)[2] << 8 | (*quad)[3]));
      return out.size() <= 8;
    }
    uint16_t value = 0;
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (group.empty() || group.size() > 4 || error != std::errc{} || end != group.data() + group.size()) return false;
    out.push_back(value);
    if (out.size() > 8) return false;
    if (colon == std::string_view::npos) return true;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;
  }
  return true;
}

std::optional<IpAddress> parse_v6(std::string_view text) {
  std::vector<uint16_t> head, tail;
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, head) || head.size() != 8) return std::nullopt;
  } else {
    if (text.find("::", gap + 1) != std::string_view::npos) return std::nullopt;
    if (!parse_groups(text.substr(0, gap), head) || !parse_groups(text.substr(gap + 2), tail)) return std::nullopt;
    if (head.size() + tail.size() > 7) return std::nullopt;
    head.resize(8 - tail.size());
    head.insert(head.end(), tail.begin(), tail.end());
  }
  std::array<uint8_t, 16> octets{};
  for (size_t i = 0; i < 8; ++i) {
    octets[2 * i] = static_cast<uint8_t>(head[i] >> 8);
    octets[2 * i + 1] = static_cast<uint8_t>(head[i]);
  }
  return IpAddress::v6(octets);
}

/// First group and length of the longest run of at least two zero groups (RFC 5952 section 4.2).
std::pair<size_t, size_t> longest_zero_run(const std::array<unsigned, 8>& groups) {
  size_t best = 8, best_length = 1;
  for (size_t i = 0; i < 8;) {
    size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > best_length) {
      best = i;
      best_length = end - i;
    }
    i = std::max(end, i + 1);
  }
  return {best, best_length};
}

std::string format_v6(const std::array<uint8_t, 16>& octets) {
  std::array<unsigned, 8> groups{};
  for (size_t i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(octets[2 * i] << 8 | octets[2 * i + 1]);
  const auto [best, length] = longest_zero_run(groups);
  std::string out;
  for (size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out += "::";
      i += length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += fmt::format("{:x}", groups[i]);
  }
  return out;
}

}  // namespace

IpAddress IpAddress::v4(std::array<uint8_t, 4> octets) {
  IpAddress out;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), out.octets_.begin());
  std::copy(octets.begin(), octets.end(), out.octets_.begin() + 12);
  return out;
}

IpAddress IpAddress::v6(std::array<uint8_t, 16> octets) {
  IpAddress out;
  out.octets_ = octets;
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > 45) return std::nullopt;
  if (text.find(':') != std::string_view::npos) return parse_v6(text);
  const auto quad = parse_quad(text);
  if (!quad) return std::nullopt;
  return v4(*quad);
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), octets_.begin());
}

bool IpAddress::is_unspecified() const {
  return *this == v6({}) || *this == v4({});
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return octets_[12] == 127;
  static constexpr std::array<uint8_t, 16> kOne{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return octets_ == kOne;
}

std::string IpAddress::to_string() const {
  if (is_v4()) return fmt::format("{}.{}.{}.{}", octets_[12], octets_[13], octets_[14], octets_[15]);
  return format_v6(octets_);
}

std::string IpAddress::to_literal() const {
  return is_v4() ? "[" + to_string() + "]" : "[IPv6:" + to_string() + "]";
}

Network::Network(const IpAddress& address, unsigned prefix) {
  bits_ = std::min(address.is_v4() ? prefix + 96 : prefix, 128U);
  std::array<uint8_t, 16> octets = address.octets();
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = bits_ > i * 8 ? std::min(bits_ - i * 8, 8U) : 0;
    octets[i] = static_cast<uint8_t>(octets[i] & (0xff00U >> kept));
  }
  address_ = IpAddress::v6(octets);
}

std::optional<Network> Network::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned widest = address->is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return Network(*address, widest);
  const auto prefix = decimal(text.substr(slash + 1), widest);
  if (!prefix) return std::nullopt;
  return Network(*address, *prefix);
}

bool Network::contains(const IpAddress& address) const {
  for (unsigned i = 0; i < 16 && i * 8 < bits_; ++i) {
    const unsigned kept = std::min(bits_ - i * 8, 8U);
    if (((address.octets()[i] ^ address_.octets()[i]) & (0xff00U >> kept) & 0xffU) != 0) return false;
  }
  return true;
}

std::string Network::to_string() const {
  return fmt::format("{}/{}", address_.to_string(), prefix());
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const auto port = decimal(text.substr(colon + 1), 65535);
  if (!address || !port || bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
  return Endpoint{*address, static_cast<uint16_t>(*port)};
}

std::string Endpoint::to_string() const {
  if (address.is_v4()) return fmt::format("{}:{}", address.to_string(), port);
  return fmt::format("[{}]:{}", address.to_string(), port);
}

}  // namespace postern
