// Addresses without sockets: IPv4, IPv6, networks (CIDR) and endpoints. Values; any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

/// An IP address. Held as 16 octets; IPv4 stands as ::ffff:a.b.c.d, so an IPv4-mapped IPv6 peer equals its IPv4 form.
class IpAddress {
 public:
  IpAddress() = default;  ///< "::"
  static IpAddress v4(std::array<uint8_t, 4> octets);
  static IpAddress v6(std::array<uint8_t, 16> octets);
  /// RFC 4291 text or dotted quad (no leading zeros, no zone).
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const;
  bool is_loopback() const;
  bool is_unspecified() const;  ///< 0.0.0.0 or ::
  const std::array<uint8_t, 16>& octets() const { return octets_; }
  /// Dotted quad or RFC 5952.
  std::string to_string() const;
  /// As in HELO and Received: "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 section 4.1.3).
  std::string to_literal() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<uint8_t, 16> octets_{};
};

/// A network: address and prefix length (0-32 or 0-128); host bits are cleared.
class Network {
 public:
  Network() = default;
  Network(const IpAddress& address, unsigned prefix);
  /// "192.0.2.0/24", "2001:db8::/32", or a single address.
  static std::optional<Network> parse(std::string_view text);

  bool contains(const IpAddress& address) const;
  const IpAddress& address() const { return address_; }
  /// In the address's own family: 24 for 192.0.2.0/24.
  unsigned prefix() const { return address_.is_v4() ? bits_ - 96 : bits_; }
  std::string to_string() const;

  auto operator<=>(const Network&) const = default;

 private:
  IpAddress address_;
  unsigned bits_ = 128;
};

/// An address and a port. Text form "127.0.0.1:25" or "[::1]:25".
struct Endpoint {
  IpAddress address;
  uint16_t port = 0;

  static std::optional<Endpoint> parse(std::string_view text);
  std::string to_string() const;
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace postern
