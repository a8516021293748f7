#include "postern/channel.h"

#include <future>
#include <memory>

namespace postern::api {

Reply call(Channel& channel, Request request) {
  // Shared: the handler may still run its last instructions when this function has returned.
  auto promise = std::make_shared<std::promise<Reply>>();
  std::future<Reply> answer = promise->get_future();
  channel.send(std::move(request), [promise](Reply reply) { promise->set_value(std::move(reply)); });
  return answer.get();
}

}  // namespace postern::api
