// The other end of the control socket: a Channel to a core in another process.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/expected.h"
#include "postern/channel.h"

namespace postern::control {

constexpr size_t kMaxPending = 64;  ///< requests without a reply; beyond it `busy`

struct ClientLimits {
  std::chrono::milliseconds connect = std::chrono::seconds(5);  ///< until hello is answered
  std::chrono::milliseconds reply = std::chrono::minutes(5);    ///< of each request
};

/// Connects and exchanges hello. Errors: unreachable, access_denied, version_mismatch, busy, timed_out. The channel has
/// a thread of its own, on which handlers are called; it must not be destroyed there. Requests without a reply at its
/// end get `cancelled`.
Expected<std::unique_ptr<api::Channel>> connect(const std::string& path, const ClientLimits& limits = {});

}  // namespace postern::control
