// A client of the control socket that says exactly what it is told to.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>

#include "adapters/control/framing.h"

namespace postern::control::test {

constexpr int kPatience = 10'000;  // ms until a test that waits in vain fails

class RawClient {
 public:
  explicit RawClient(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view octets) const {
    while (!octets.empty()) {
      const ssize_t sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      octets.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  bool send_frame(std::string_view text) const { return send(frame_of(text)); }

  /// The next frame's text; nothing at the end of the connection, or when none comes.
  std::optional<std::string> read_frame() {
    Header header{};
    if (!read(header.data(), header.size())) return std::nullopt;
    std::string text(size_in(header), '\0');
    if (!read(text.data(), text.size())) return std::nullopt;
    return text;
  }
  std::string next() { return read_frame().value_or("(end)"); }

  /// True when the other side closes without another octet.
  bool at_end() {
    char octet = 0;
    return wait() && ::recv(socket_, &octet, 1, 0) <= 0;
  }

 private:
  bool wait() const {
    pollfd waiting{socket_, POLLIN, 0};
    return ::poll(&waiting, 1, kPatience) == 1;
  }
  bool read(void* into, size_t size) {
    auto* at = static_cast<char*>(into);
    while (size > 0) {
      if (!wait()) return false;
      const ssize_t got = ::recv(socket_, at, size, 0);
      if (got <= 0) return false;
      at += got;
      size -= static_cast<size_t>(got);
    }
    return true;
  }

  int socket_;
  bool connected_ = false;
};

inline const std::string kHello = R"({"id":1,"request":"hello","body":{"api_major":1}})";

}  // namespace postern::control::test
