#include "adapters/control/server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <optional>
#include <set>
#include <thread>

#include "adapters/control/posix/connection.h"
#include "adapters/control/posix/peer.h"
#include "adapters/control/posix/socket_path.h"
#include "base/log.h"

namespace postern::control {

using std::error_code;
using Stream = asio::local::stream_protocol;

namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kOwnerAndGroup = 0660;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // when the process is out of descriptors

tl::unexpected<Error> failure(const std::string& path, const error_code& error) {
  return fail(ErrorCode::io_error, {path, error.message()});
}

/// A left-over socket file is removed; nothing else is ever touched.
Expected<void> clear_path(asio::io_context& io, const std::string& path, const Stream::endpoint& endpoint) {
  struct stat found {};
  if (::lstat(endpoint.path().c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return fail(ErrorCode::io_error, {path, "something that is no socket is in the way"});
  Stream::socket probe(io);
  error_code error;
  probe.connect(endpoint, error);
  if (!error) return fail(ErrorCode::folder_locked, {path, ""});
  if (error != asio::error::connection_refused) return failure(path, error);
  if (::unlink(endpoint.path().c_str()) != 0) return failure(path, error_code(errno, std::generic_category()));
  return {};
}

}  // namespace

class ControlServer::Impl : public std::enable_shared_from_this<ControlServer::Impl> {
 public:
  Impl(ServerOptions options, PeerToCaller peer_to_caller, Dispatch dispatch)
      : options_(std::move(options)), peer_to_caller_(std::move(peer_to_caller)), dispatch_(std::move(dispatch)) {}

  Expected<void> start() {
    auto opened = open();
    if (!opened) return opened;
    accept();
    thread_ = std::thread([this] { run(); });
    return {};
  }

  void stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] { finish(); });
    thread_.join();
    connections_.clear();
  }

 private:
  Expected<void> open() {
    const auto endpoint = path_.emplace(options_.path).endpoint();
    if (!endpoint) return fail(endpoint.error());
    auto cleared = clear_path(io_, options_.path, *endpoint);
    if (!cleared) return cleared;
    error_code error;
    acceptor_.open(endpoint->protocol(), error);
    if (!error) acceptor_.bind(*endpoint, error);
    // The mode is set before anybody can connect: that takes listen.
    const mode_t mode = options_.group ? kOwnerAndGroup : kOwnerOnly;
    if (!error && ::chmod(endpoint->path().c_str(), mode) != 0) error = error_code(errno, std::generic_category());
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) {
      remember_file(endpoint->path());
      return {};
    }
    error_code ignored;
    acceptor_.close(ignored);
    return failure(options_.path, error);
  }

  void remember_file(const std::string& path) {
    struct stat made {};
    if (::lstat(path.c_str(), &made) == 0) file_ = {made.st_dev, made.st_ino};
  }

  /// Only the file that was made here.
  void remove_file() {
    const auto endpoint = path_->endpoint();
    struct stat found {};
    if (!endpoint || ::lstat(endpoint->path().c_str(), &found) != 0) return;
    if (std::pair(found.st_dev, found.st_ino) == file_) ::unlink(endpoint->path().c_str());
  }

  void run() {
    try {
      io_.run();
    } catch (const std::exception& defect) {
      log_error("control", defect.what());
    }
  }

  void accept() {
    acceptor_.async_accept([this](error_code error, Stream::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) {
        pause_.expires_after(kAcceptPause);
        return pause_.async_wait([this](error_code cancelled) {
          if (!cancelled) accept();
        });
      }
      take(std::move(socket));
      accept();
    });
  }

  void take(Stream::socket socket) {
    if (connections_.size() >= 2 * options_.limits.connections) return;  // those that are being told are bounded too
    const Expected<api::Caller> caller = judge(socket);
    const auto connection = std::make_shared<Connection>(
        std::move(socket), options_, caller.value_or(api::Caller{}),
        [this](const api::Caller& who, api::Request request, api::ReplyHandler answer) {
          perform(who, std::move(request), std::move(answer));
        },
        [this](const std::shared_ptr<Connection>& closed) { on_closed(closed); });
    connections_.insert(connection);
    if (caller) return connection->start();
    connection->refuse(caller.error());
  }

  Expected<api::Caller> judge(Stream::socket& socket) {
    if (connections_.size() >= options_.limits.connections) return fail(ErrorCode::busy, {"control"});
    Peer peer;
    if (!read_peer(socket.native_handle(), peer)) return fail(ErrorCode::access_denied, {"?"});
    try {
      return peer_to_caller_(peer);
    } catch (const std::exception& defect) {
      log_error("control", defect.what());
      return fail(ErrorCode::internal, {defect.what()});
    }
  }

  /// The answer may come on any thread and at any time, even when this server is gone.
  void perform(const api::Caller& caller, api::Request request, api::ReplyHandler answer) {
    api::ReplyHandler bring_here = [weak = weak_from_this(), answer = std::move(answer)](api::Reply reply) {
      const auto self = weak.lock();
      if (self) asio::post(self->io_, [answer, reply = std::move(reply)]() mutable { answer(std::move(reply)); });
    };
    try {
      dispatch_(caller, std::move(request), bring_here);
    } catch (const std::exception& defect) {
      log_error("control", defect.what());
      bring_here(Error{ErrorCode::internal, {defect.what()}});
    }
  }

  void on_closed(const std::shared_ptr<Connection>& connection) {
    connections_.erase(connection);
    end_when_idle();
  }

  void finish() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    remove_file();
    stopping_ = true;
    const auto open = connections_;  // finish() may take from the set
    for (const auto& connection : open) connection->finish();
    end_when_idle();
  }

  void end_when_idle() {
    if (stopping_ && connections_.empty()) work_.reset();
  }

  const ServerOptions options_;
  const PeerToCaller peer_to_caller_;
  const Dispatch dispatch_;
  std::optional<SocketPath> path_;  ///< from start() on
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  Stream::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  std::pair<dev_t, ino_t> file_{};
  std::set<std::shared_ptr<Connection>> connections_;
  bool stopping_ = false;
  std::thread thread_;
};

ControlServer::ControlServer(ServerOptions options, PeerToCaller peer_to_caller, Dispatch dispatch)
    : impl_(std::make_shared<Impl>(std::move(options), std::move(peer_to_caller), std::move(dispatch))) {}

ControlServer::~ControlServer() {
  impl_->stop();
}

Expected<void> ControlServer::start() {
  return impl_->start();
}

void ControlServer::stop() {
  impl_->stop();
}

}  // namespace postern::control
