// Hostile frames of the control socket, both ways. What is understood must say the same after another round.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "postern/codec.h"

using namespace postern::api;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto request = decode_request(text);
  if (!error_of(request)) {
    const auto encoded = encode(std::get<0>(request));
    if (error_of(encoded)) std::abort();
    const auto again = decode_request(std::get<0>(encoded));
    if (error_of(again) || !(std::get<0>(again).request == std::get<0>(request).request)) std::abort();
    if (describe(std::get<0>(request).request).find('\n') != std::string::npos) std::abort();
    wipe_secrets(std::get<0>(request).request);
  }
  const auto frame = decode_from_server(text);
  if (const auto* parsed = std::get_if<ServerFrame>(&frame)) {
    const bool is_event = std::holds_alternative<Event>(*parsed);
    const auto again =
        decode_from_server(is_event ? encode(std::get<Event>(*parsed)) : encode(std::get<ReplyFrame>(*parsed)));
    if (error_of(again)) std::abort();
    const ServerFrame& second = std::get<0>(again);
    if (is_event ? !(std::get<Event>(second) == std::get<Event>(*parsed))
                 : !(std::get<ReplyFrame>(second).reply == std::get<ReplyFrame>(*parsed).reply))
      std::abort();
  }
  return 0;
}
