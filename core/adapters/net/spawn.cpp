#include "adapters/net/spawn.h"

#include <asio/co_spawn.hpp>
#include <exception>

#include "base/log.h"

namespace postern::net {
namespace {

struct LogThrown {
  void operator()(std::exception_ptr thrown) const {
    if (!thrown) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      log_error("net", error.what());
    } catch (...) {
      log_error("net", "a session ended with an unknown exception");
    }
  }
};

}  // namespace

void spawn(asio::io_context& io, asio::awaitable<void> coroutine) {
  asio::co_spawn(io, std::move(coroutine), LogThrown{});
}

}  // namespace postern::net
