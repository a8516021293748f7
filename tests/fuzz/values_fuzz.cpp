// Texts of addresses, networks, endpoints, times, encodings and JSON: whatever is understood says itself again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "base/json.h"
#include "base/text.h"

using namespace postern;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

template <class Value>
void says_itself(std::string_view text) {
  const auto value = Value::parse(text);
  if (!value) return;
  const auto again = Value::parse(value->to_string());
  require(again.has_value() && *again == *value);
}

void check_networks(std::string_view text) {
  const auto network = Network::parse(text);
  if (network) require(network->contains(network->address()));
}

void check_encodings(std::string_view text) {
  if (const auto octets = from_hex(text)) require(equal_ignoring_case(hex(*octets), text));
  if (const auto octets = from_base64(text)) require(from_base64(base64(*octets)) == octets);
  require(from_base64(base64(as_bytes(text))) == to_bytes(text));
  if (const auto time = parse_rfc3339(text)) require(parse_rfc3339(format_rfc3339(*time, true)).has_value());
}

void check_json(std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return;
  const std::string canonical = canonical_json(*json);
  const auto again = parse_json(canonical);
  require(again.has_value() && canonical_json(*again) == canonical);
}

/// However it is cut, the end of a line is the same.
void check_lines(std::string_view text) {
  bool after_cr = false;
  const size_t whole = end_of_crlf_line(text, after_cr);
  size_t found = std::string_view::npos;
  after_cr = false;
  for (size_t at = 0; at < text.size() && found == std::string_view::npos; ++at)
    if (end_of_crlf_line(text.substr(at, 1), after_cr) != std::string_view::npos) found = at + 1;
  require(found == whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  says_itself<IpAddress>(text);
  says_itself<Network>(text);
  says_itself<Endpoint>(text);
  check_networks(text);
  check_encodings(text);
  check_json(text);
  check_lines(text);
  require(is_ascii(printable(text)));
  return 0;
}
