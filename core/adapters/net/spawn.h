// The one place where a coroutine is let go: what it throws is logged, never lost. Private to adapters/net.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

namespace postern::net {

void spawn(asio::io_context& io, asio::awaitable<void> coroutine);

}  // namespace postern::net
