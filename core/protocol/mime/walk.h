// The parts of a message: RFC 2045, 2046. One pass, no recursion, positions instead of copies. What is broken is read
// as far as it goes: a missing end boundary, a part without header, a multipart without parts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mime/header.h"
#include "protocol/mime/parameters.h"
#include "protocol/mime/transfer.h"

namespace postern::mime {

struct WalkLimits {
  size_t parts = 10'000;
  size_t depth = 100;  ///< of nesting; what is deeper stays one part
};

/// One part; views into the message.
struct Part {
  std::string type = "text/plain";    ///< lower case
  std::vector<Parameter> parameters;  ///< of Content-Type
  std::string disposition;            ///< lower case; empty when there is none
  std::string filename;               ///< UTF-8, as it was sent: never a path to write to
  Transfer transfer = Transfer::identity;
  std::string_view header;   ///< with its blank line
  std::string_view body;     ///< without the line end before the boundary
  size_t parent = SIZE_MAX;  ///< index; SIZE_MAX for the message itself
  uint32_t depth = 0;
  uint32_t children = 0;

  bool leaf() const { return children == 0; }
  /// Parameter charset, or "".
  std::string_view charset() const;
};

struct Walk {
  std::vector<Part> parts;  ///< in order of appearance; the first one is the message
  bool truncated = false;   ///< a limit was reached
  bool defective = false;   ///< an end boundary or a blank line was missing
};

Walk walk(std::string_view message, const WalkLimits& limits = {});

}  // namespace postern::mime
