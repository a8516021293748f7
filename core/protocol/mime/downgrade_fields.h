// Private to protocol/mime: the rewriting methods of RFC 6857 section 3.1, one field at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::mime {

/// How a field's non-ASCII parts are rewritten.
enum class FieldKind : uint8_t {
  unstructured,  ///< section 3.1.2
  comments,      ///< section 3.1.4
  phrases,       ///< section 3.1.3
  addresses,     ///< sections 3.1.4, 3.1.6 to 3.1.8
  received,      ///< section 3.1.1
  parameters,    ///< section 3.1.5
  encapsulated,  ///< section 3.1.9: "Downgraded-" before the name
};

/// Appends the field in ASCII, with its line end. `value` is valid UTF-8 with non-ASCII in it.
void downgrade_field(FieldKind kind, std::string_view name, std::string_view value, std::string& out);

/// Lines of a block that belong to no field, in ASCII.
std::string downgrade_stray(std::string_view lines);

}  // namespace postern::mime
