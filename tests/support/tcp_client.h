// A blocking client on loopback for tests: lines in, lines out, every wait bounded.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/ip_address.h"

namespace postern::test {

class TcpClient {
 public:
  explicit TcpClient(const Endpoint& endpoint, int timeout_seconds = 20) {
    handle_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{timeout_seconds, 0};
    ::setsockopt(handle_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(handle_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    ::inet_pton(AF_INET, endpoint.address.to_string().c_str(), &address.sin_addr);
    connected_ = ::connect(handle_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~TcpClient() { close(); }
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(handle_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  /// The next line without CRLF; "<closed>" at the end of the stream, "<timeout>" when nothing came.
  std::string line() {
    for (;;) {
      if (const size_t end = buffer_.find("\r\n"); end != std::string::npos) {
        std::string out = buffer_.substr(0, end);
        buffer_.erase(0, end + 2);
        return out;
      }
      char chunk[4096];
      const ssize_t got = ::recv(handle_, chunk, sizeof chunk, 0);
      if (got == 0) return "<closed>";
      if (got < 0) return "<timeout>";
      buffer_.append(chunk, static_cast<size_t>(got));
    }
  }
  /// The last line of an SMTP reply.
  std::string reply() {
    for (;;) {
      std::string text = line();
      if (text.size() < 4 || text[3] != '-') return text;
    }
  }
  std::string command(const std::string& text) {
    send(text + "\r\n");
    return reply();
  }
  /// Lines up to the one with a single dot, joined with \n, unstuffed.
  std::string body() {
    std::string out;
    for (;;) {
      std::string text = line();
      if (text == "." || text == "<closed>" || text == "<timeout>") return out;
      if (text.starts_with('.')) text.erase(0, 1);
      out += text + "\n";
    }
  }
  /// Raw octets, for TLS engines.
  std::string raw() {
    if (!buffer_.empty()) return std::exchange(buffer_, {});
    char chunk[16384];
    const ssize_t got = ::recv(handle_, chunk, sizeof chunk, 0);
    return got > 0 ? std::string(chunk, static_cast<size_t>(got)) : std::string();
  }
  void close() {
    if (handle_ >= 0) ::close(handle_);
    handle_ = -1;
  }
  void shutdown_send() { ::shutdown(handle_, SHUT_WR); }

 private:
  int handle_ = -1;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace postern::test
