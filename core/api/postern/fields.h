// POSTERN_FIELDS(Struct, a, b, c): a message declares its fields once. From that come its JSON (codec.h), equality and
// its text in the change log. POSTERN_SECRET_FIELDS(a) names those that no text, log or debug output may show; they do
// travel.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// One level of re-scanning a field list: 4 * 4 * 4 * 4 scans, enough for more fields than any message has.
#define POSTERN_EXPAND(...) POSTERN_EXPAND3(POSTERN_EXPAND3(POSTERN_EXPAND3(POSTERN_EXPAND3(__VA_ARGS__))))
#define POSTERN_EXPAND3(...) POSTERN_EXPAND2(POSTERN_EXPAND2(POSTERN_EXPAND2(POSTERN_EXPAND2(__VA_ARGS__))))
#define POSTERN_EXPAND2(...) POSTERN_EXPAND1(POSTERN_EXPAND1(POSTERN_EXPAND1(POSTERN_EXPAND1(__VA_ARGS__))))
#define POSTERN_EXPAND1(...) __VA_ARGS__
#define POSTERN_PARENS ()

#define POSTERN_VISIT_FIELD(field, ...) \
  visit(#field, self.field);            \
  __VA_OPT__(POSTERN_VISIT_AGAIN POSTERN_PARENS(__VA_ARGS__))
#define POSTERN_VISIT_AGAIN() POSTERN_VISIT_FIELD

#define POSTERN_IS_FIELD(field, ...) \
  if (name == #field) return true;   \
  __VA_OPT__(POSTERN_IS_AGAIN POSTERN_PARENS(__VA_ARGS__))
#define POSTERN_IS_AGAIN() POSTERN_IS_FIELD

/// POSTERN_FIELDS(Struct, a, b, c) stands once in each message, after its members, and names all of them (tested).
/// visit_fields(message, visit) calls visit("name", member) for each, in order.
#define POSTERN_FIELDS(Struct, ...)                                                       \
  friend bool operator==(const Struct&, const Struct&) = default;                         \
  template <class Self, class Visit>                                                      \
  static void visit_fields([[maybe_unused]] Self& self, [[maybe_unused]] Visit&& visit) { \
    __VA_OPT__(POSTERN_EXPAND(POSTERN_VISIT_FIELD(__VA_ARGS__)))                          \
  }

#define POSTERN_SECRET_FIELDS(...)                               \
  static constexpr bool is_secret_field(std::string_view name) { \
    POSTERN_EXPAND(POSTERN_IS_FIELD(__VA_ARGS__)) return false;  \
  }

namespace postern::api {

/// A JSON value (RFC 8259) that a message carries as it is: a document, a value before or after a change.
struct JsonText {
  std::string text = "null";

  bool operator==(const JsonText&) const = default;
};

/// Octets that need not be text (a PFX file); lower-case hexadecimal in JSON.
struct Octets {
  std::string bytes;

  bool operator==(const Octets&) const = default;
};

}  // namespace postern::api
