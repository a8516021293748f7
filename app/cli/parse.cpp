#include "cli/parse.h"

#include <algorithm>
#include <charconv>

#include "postern/codec.h"

namespace postern::cli {
namespace {

constexpr size_t kFieldNameLength = 128;

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

unsigned shift_of(char unit) {
  switch (unit) {
    case 'k':
    case 'K':
      return 10;
    case 'm':
    case 'M':
      return 20;
    case 'g':
    case 'G':
      return 30;
    case 't':
    case 'T':
      return 40;
    default:
      return 0;
  }
}

bool is_field_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  return !name.empty() && name.size() <= kFieldNameLength && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

std::optional<uint64_t> parse_size(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const unsigned shift = shift_of(text.back());
  if (shift != 0) text.remove_suffix(1);
  const auto number = parse_number(text);
  if (!number || *number > (UINT64_MAX >> shift)) return std::nullopt;
  return *number << shift;
}

bool is_endpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto port = parse_number(text.substr(colon + 1));
  if (!port || *port > UINT16_MAX) return false;
  std::string_view address = text.substr(0, colon);
  if (address.front() != '[') return address.find_first_not_of("0123456789.") == std::string_view::npos;
  if (address.size() < 3 || address.back() != ']') return false;
  address = address.substr(1, address.size() - 2);
  return address.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

std::optional<api::FieldValue> parse_field(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || !is_field_name(text.substr(0, equals))) return std::nullopt;
  const std::string_view value = text.substr(equals + 1);
  api::FieldValue field{.field = std::string(text.substr(0, equals))};
  auto json = api::json_text(value);
  if (error_of(json)) {
    const auto size = parse_size(value);
    json = size ? api::JsonText{std::to_string(*size)} : api::json_of_text(value);
  }
  if (error_of(json)) return std::nullopt;
  field.value = std::move(std::get<0>(json));
  return field;
}

}  // namespace postern::cli
