// Waiting for an answer that another thread gives. Private to adapters/net.
#pragma once

#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <functional>
#include <memory>

namespace postern::net {

/// Starts the work; the function it gets is called once, on any thread.
template <class T>
using Starter = std::function<void(std::function<void(T)>)>;

/// Carries one result back to the I/O thread.
template <class T, class Handler>
struct Delivery {
  std::shared_ptr<Handler> handler;
  std::shared_ptr<T> result;
  void operator()() { (*handler)(std::move(*result)); }
};

template <class T>
struct StartWork {
  template <class Handler>
  void operator()(Handler&& handler, asio::io_context* io, Starter<T> start) const {
    using Plain = std::decay_t<Handler>;
    auto shared = std::make_shared<Plain>(std::forward<Handler>(handler));
    start([io, shared](T result) {
      asio::post(*io, Delivery<T, Plain>{shared, std::make_shared<T>(std::move(result))});
    });
  }
};

/// Runs `start` and resumes on `io` with what it was answered. A coroutine waits for one answer at a time.
template <class T>
asio::awaitable<T> answer(asio::io_context& io, Starter<T> start) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(StartWork<T>{}, asio::use_awaitable, &io,
                                                                      std::move(start));
}

}  // namespace postern::net
