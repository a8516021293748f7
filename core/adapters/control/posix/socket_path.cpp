#include "adapters/control/posix/socket_path.h"

#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace postern::control {
namespace {

constexpr size_t kAddressSize = sizeof(sockaddr_un{}.sun_path) - 1;  // one octet ends it

}  // namespace

SocketPath::SocketPath(const std::string& path) : path_(path) {
  if (path.size() <= kAddressSize) return;
  const std::filesystem::path file(path);
  folder_ = ::open(file.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder_ >= 0) path_ = "/proc/self/fd/" + std::to_string(folder_) + "/" + file.filename().string();
}

SocketPath::~SocketPath() {
  if (folder_ >= 0) ::close(folder_);
}

Expected<asio::local::stream_protocol::endpoint> SocketPath::endpoint() const {
  if (path_.empty() || path_.size() > kAddressSize)
    return fail(ErrorCode::io_error, {path_, "the path cannot hold a socket"});
  return asio::local::stream_protocol::endpoint(path_);
}

}  // namespace postern::control
