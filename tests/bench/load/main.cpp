// postern_load: a bounded load generator for SMTP and POP3 servers on the loopback.
//
//   postern_load smtp|retr|login|idle host=127.0.0.1 port=25 sessions=50 count=1000 ...   (all names: options.h)
//
// Prints one JSON object. Mode idle then holds its connections until its standard input is closed.
// Exit status: 0 everything was done, 1 something failed or the time was up, 2 usage.
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "load/scenarios.h"

namespace {

using namespace load;

void run_sessions(Run& run) {
  const auto begin = std::chrono::steady_clock::now();
  uint32_t running = run.options.sessions;
  asio::steady_timer limit(run.io);
  limit.expires_after(std::chrono::seconds(run.options.time_limit));
  limit.async_wait([&](const asio::error_code& error) {
    if (error) return;
    run.report.timed_out = true;
    run.io.stop();
  });
  for (uint32_t i = 0; i < run.options.sessions; ++i) {
    asio::co_spawn(run.io, session(&run, i), [&](std::exception_ptr) {
      if (--running == 0) limit.cancel();
    });
  }
  run.io.run();
  run.report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void hold() {
  while (std::getchar() != EOF) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const Options options = parse_options(std::vector<std::string>(argv + 1, argv + argc));
    asio::io_context io(1);
    Run run(io, options);
    run_sessions(run);
    std::printf("%s\n", to_json(run.report).c_str());
    std::fflush(stdout);
    if (options.mode == Options::Mode::idle && !run.held.empty()) hold();
    const int status = run.report.failed > 0 || run.report.timed_out ? 1 : 0;
    // Sessions that the time limit cut short are not unwound one by one.
    std::fflush(nullptr);
    std::_Exit(status);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "postern_load: %s\n", problem.what());
    return 2;
  }
}
