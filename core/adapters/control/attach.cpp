#include "adapters/control/client.h"

namespace postern::api {

Outcome<std::unique_ptr<Channel>> attach(const std::string& socket) {
  auto channel = control::connect(socket);
  if (!channel) return channel.error();
  return std::move(*channel);
}

}  // namespace postern::api
