// Messages as JSON (RFC 8259), one object on one line. Frames of the control socket:
//
//   {"id":7,"request":"user show","body":{"user":"a@b.example"}}
//   {"id":7,"reply":"users","body":{"users":[…]}}     or {"id":7,"error":{"code":"not_found","args":["a@b.example"]}}
//   {"event":"snapshot","body":{…}}
//
// Unknown fields are ignored and missing ones keep their default, so that minor versions understand each other; a field
// of the wrong type, a number out of range, an unknown name or anything nested deeper than kMaxDepth is bad_input. An
// error names the field and what was expected there, never the value. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "postern/messages.h"
#include "postern/outcome.h"

namespace postern::api {

constexpr size_t kMaxMessage = 1 << 20;  ///< octets of one frame
constexpr size_t kMaxDepth = 64;         ///< of objects and lists in each other

struct RequestFrame {
  uint64_t id = 0;  ///< chosen by the client; the reply carries it
  Request request;
};
struct ReplyFrame {
  uint64_t id = 0;
  Reply reply;
};
/// What a server sends.
using ServerFrame = std::variant<ReplyFrame, Event>;

/// bad_input when a text is not UTF-8 or a JsonText no JSON: nothing is repaired on the way.
Outcome<std::string> encode(const RequestFrame& frame);
/// A reply that cannot be encoded is sent as `internal`; text that is not UTF-8 is shown with U+FFFD.
std::string encode(const ReplyFrame& frame);
std::string encode(const Event& event);

/// `id` gets the frame's id as soon as that is known, so that a refusal can carry it.
Outcome<RequestFrame> decode_request(std::string_view text, uint64_t* id = nullptr);
Outcome<ServerFrame> decode_from_server(std::string_view text);

/// A reply for scripts: the body alone, {"users":[…]}; an error is {"error":{"code","args"}}.
std::string to_json(const Reply& reply);

/// One JSON value in canonical form (no blanks), or nothing when it is none.
Outcome<JsonText> json_text(std::string_view text);
/// The JSON form of a text; nothing when it is not UTF-8.
Outcome<JsonText> json_of_text(std::string_view text);

}  // namespace postern::api
