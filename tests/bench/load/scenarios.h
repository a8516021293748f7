// What the clients do. All run on one thread.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "load/client.h"
#include "load/options.h"
#include "load/report.h"

namespace load {

/// Shared by all sessions of a run.
struct Run {
  Run(asio::io_context& context, const Options& asked);
  ~Run();

  asio::io_context& io;
  const Options& options;
  TlsClient tls;
  Report report;
  uint64_t started = 0;  ///< messages, logins or connections begun
  uint32_t next_source = 0;
  std::string body;  ///< behind the header fields of every message
  FILE* acknowledged = nullptr;
  std::vector<std::unique_ptr<Client>> held;  ///< idle

  bool more() const { return started < options.count && report.failed < kMaxFailures; }
  uint32_t source();

  static constexpr uint64_t kMaxFailures = 50;
};

/// The message numbered `number` as it is sent, without stuffing or final dot; tests rebuild it to compare.
std::string message(const Run& run, uint64_t number);

/// One of the sessions that run at the same time: goes on until the run's count is reached. `index` chooses its user.
asio::awaitable<void> session(Run* run, uint32_t index);

}  // namespace load
