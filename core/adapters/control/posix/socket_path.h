// A Unix socket's address holds 107 octets, a data folder's path may be longer.
#pragma once

#include <asio/local/stream_protocol.hpp>
#include <string>

#include "base/expected.h"

namespace postern::control {

/// The endpoint of a socket file at a path of any length: a long one is reached through an open descriptor of its
/// folder
/// (/proc/self/fd/N/name), so both sides need nothing but the path. Lives as long as the endpoint is used.
class SocketPath {
 public:
  explicit SocketPath(const std::string& path);
  ~SocketPath();
  SocketPath(const SocketPath&) = delete;
  SocketPath& operator=(const SocketPath&) = delete;

  /// io_error when the folder cannot be opened or the file's name alone is too long.
  Expected<asio::local::stream_protocol::endpoint> endpoint() const;

 private:
  std::string path_;
  int folder_ = -1;
};

}  // namespace postern::control
