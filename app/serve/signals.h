// The system's requests to stop; the systems' code stands in posix/ and windows/.
#pragma once

#include <functional>
#include <memory>

namespace postern::cli {

/// Made before any other thread, so that none of them is interrupted. The handler is called on a thread of its own,
/// once a request (SIGTERM, SIGINT, SIGHUP; console closed, Ctrl-C). Nothing is called after it died.
class StopSignals {
 public:
  virtual ~StopSignals() = default;
};
std::unique_ptr<StopSignals> watch_stop_signals(std::function<void()> handler);

}  // namespace postern::cli
