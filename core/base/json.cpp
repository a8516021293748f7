#include "base/json.h"

#include <set>
#include <vector>

namespace postern {
namespace {

/// Refuses depth and repeated keys while parsing, before a value is built from them.
class Guard {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (static_cast<size_t>(depth) > kJsonMaxDepth) too_deep_ = true;
    if (event == Json::parse_event_t::object_start) keys_.emplace_back();
    if (event == Json::parse_event_t::object_end && !keys_.empty()) keys_.pop_back();
    if (event == Json::parse_event_t::key && !keys_.empty() && !keys_.back().insert(parsed.get<std::string>()).second)
      repeated_ = true;
    return !too_deep_;
  }
  bool ok() const { return !too_deep_ && !repeated_; }
  const char* reason() const { return too_deep_ ? "nested too deeply" : "a key stands twice"; }

 private:
  std::vector<std::set<std::string>> keys_;
  bool too_deep_ = false;
  bool repeated_ = false;
};

/// The parser recurses nowhere, but the value's destructor and dump do: count brackets outside strings first.
bool depth_within_limit(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if ((c == '[' || c == '{') && ++depth > kJsonMaxDepth) return false;
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  return true;
}

}  // namespace

Expected<Json> parse_json(std::string_view text, size_t max_size) {
  if (text.size() > max_size) return fail(ErrorCode::too_large, {"JSON", std::to_string(max_size)});
  if (!depth_within_limit(text)) return fail(ErrorCode::bad_input, {"JSON", "nested too deeply"});
  Guard guard;
  Json value = Json::parse(text, std::ref(guard), false);
  if (!guard.ok()) return fail(ErrorCode::bad_input, {"JSON", guard.reason()});
  if (value.is_discarded()) return fail(ErrorCode::bad_input, {"JSON", "not valid JSON"});
  return value;
}

std::string dump_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace postern
