#include "postern/codec.h"

#include "detail/json_fields.h"

namespace postern::api {
namespace {

using detail::Json;
using detail::Reader;
using detail::Writer;

Error bad(std::string what, std::string expected) {
  return Error{ErrorCode::bad_input, {std::move(what), std::move(expected)}};
}

std::string dump_showing(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Strict: nothing when a text inside is not UTF-8.
std::optional<std::string> dump_strict(const Json& json) {
  try {
    return json.dump();
  } catch (const Json::type_error&) {
    return std::nullopt;
  }
}

Json json_of(const Error& error) {
  return Json{{"code", std::string(error_name(error.code))}, {"args", error.args}};
}

template <class T>
constexpr std::string_view name_of() {
  if constexpr (requires { T::kInfo; }) {
    return T::kInfo.name;
  } else if constexpr (requires { T::kName; }) {
    return T::kName;
  } else {
    return "error";
  }
}

Outcome<Json> parse_frame(std::string_view text) {
  if (text.size() > kMaxMessage) return Error{ErrorCode::too_large, {"message", std::to_string(kMaxMessage)}};
  std::optional<Json> json = detail::parse(text);
  if (!json) return bad("message", "JSON");
  if (!json->is_object()) return bad("message", "an object");
  return std::move(*json);
}

/// The member of `json` under `key` as text, "" when it has none.
std::string text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

uint64_t id_of(const Json& json) {
  const auto found = json.find("id");
  return found != json.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
}

Error read_error(const Json& json) {
  Error error{error_from_name(text_at(json, "code")), {}};
  const auto args = json.find("args");
  if (args == json.end() || !args->is_array()) return error;
  for (const Json& arg : *args) error.args.push_back(arg.is_string() ? arg.get<std::string>() : std::string());
  // A code of a newer minor version is not known here: its name goes on as the text of `internal`.
  if (error.code == ErrorCode::internal && text_at(json, "code") != error_name(ErrorCode::internal))
    error.args.insert(error.args.begin(), text_at(json, "code"));
  return error;
}

/// Reads `body` as T when `name` is T's; true when the name was known.
template <class Variant, class T>
bool read_if_named(std::string_view name, const Json& body, Variant& out, std::optional<Error>& error) {
  if constexpr (std::same_as<T, Error>) {
    return false;
  } else {
    if (name != name_of<T>()) return false;
    Reader reader;
    reader.read(body, out.template emplace<T>(), std::string());
    error = reader.error();
    return true;
  }
}

template <class... Ts>
Outcome<std::variant<Ts...>> read_named(std::string_view name, const Json& json, const std::variant<Ts...>*) {
  static const Json kEmpty = Json::object();
  const auto found = json.find("body");
  const Json& body = found == json.end() ? kEmpty : *found;
  std::variant<Ts...> out;
  std::optional<Error> error;
  const bool known = (read_if_named<std::variant<Ts...>, Ts>(name, body, out, error) || ...);
  if (!known) return bad("message", "a name this version knows");
  if (error) return *error;
  return out;
}

Json frame_of(const char* what, std::string_view name, Json body) {
  return Json{{what, std::string(name)}, {"body", std::move(body)}};
}

}  // namespace

Outcome<std::string> encode(const RequestFrame& frame) {
  return std::visit(
      [&frame](const auto& request) -> Outcome<std::string> {
        Writer writer;
        Json json{{"id", frame.id}};
        json.update(frame_of("request", request.kInfo.name, writer.write(request)));
        if (!writer.ok()) return bad(std::string(request.kInfo.name), "JSON");
        std::optional<std::string> text = dump_strict(json);
        if (!text) return bad(std::string(request.kInfo.name), "UTF-8");
        return std::move(*text);
      },
      frame.request);
}

std::string encode(const ReplyFrame& frame) {
  Json json{{"id", frame.id}};
  if (const Error* error = std::get_if<Error>(&frame.reply)) {
    json["error"] = json_of(*error);
    return dump_showing(json);
  }
  std::visit(
      [&json](const auto& reply) {
        using T = std::decay_t<decltype(reply)>;
        if constexpr (!std::same_as<T, Error>) {
          Writer writer;
          Json body = writer.write(reply);
          if (writer.ok()) {
            json.update(frame_of("reply", T::kName, std::move(body)));
          } else {
            json["error"] =
                json_of(Error{ErrorCode::internal, {"a reply holds what is no JSON: " + std::string(T::kName)}});
          }
        }
      },
      frame.reply);
  return dump_showing(json);
}

std::string encode(const Event& event) {
  return std::visit(
      [](const auto& e) {
        Writer writer;
        return dump_showing(frame_of("event", e.kName, writer.write(e)));
      },
      event);
}

Outcome<RequestFrame> decode_request(std::string_view text, uint64_t* id) {
  auto parsed = parse_frame(text);
  if (const Error* error = error_of(parsed)) return *error;
  const Json& json = std::get<0>(parsed);
  if (id) *id = id_of(json);
  auto request = read_named(text_at(json, "request"), json, static_cast<const Request*>(nullptr));
  if (const Error* error = error_of(request)) return *error;
  return RequestFrame{id_of(json), std::move(std::get<0>(request))};
}

Outcome<ServerFrame> decode_from_server(std::string_view text) {
  auto parsed = parse_frame(text);
  if (const Error* error = error_of(parsed)) return *error;
  const Json& json = std::get<0>(parsed);
  if (json.contains("event")) {
    auto event = read_named(text_at(json, "event"), json, static_cast<const Event*>(nullptr));
    if (const Error* error = error_of(event)) return *error;
    return ServerFrame(std::move(std::get<0>(event)));
  }
  if (const auto error = json.find("error"); error != json.end()) {
    if (!error->is_object()) return bad("error", "an object");
    return ServerFrame(ReplyFrame{id_of(json), read_error(*error)});
  }
  auto reply = read_named(text_at(json, "reply"), json, static_cast<const Reply*>(nullptr));
  if (const Error* error = error_of(reply)) return *error;
  return ServerFrame(ReplyFrame{id_of(json), std::move(std::get<0>(reply))});
}

std::string to_json(const Reply& reply) {
  return std::visit(
      [](const auto& r) {
        if constexpr (std::same_as<std::decay_t<decltype(r)>, Error>) {
          return dump_showing(Json{{"error", json_of(r)}});
        } else {
          Writer writer;
          return dump_showing(writer.write(r));
        }
      },
      reply);
}

Outcome<JsonText> json_text(std::string_view text) {
  const std::optional<Json> json = detail::parse(text);
  if (!json) return bad("value", "JSON");
  return JsonText{json->dump()};
}

Outcome<JsonText> json_of_text(std::string_view text) {
  std::optional<std::string> json = dump_strict(Json(std::string(text)));
  if (!json) return bad("value", "UTF-8");
  return JsonText{std::move(*json)};
}

}  // namespace postern::api
