// Dot-stuffing of content on its way out: RFC 1939 section 3, RFC 5321 section 4.5.2. Streams; copies only short
// pieces.
#pragma once

#include <string_view>

#include "base/machine.h"

namespace postern::mime {

/// Appends content to a list of actions as a dot-terminated block. One object a block; one thread.
class Stuffer {
 public:
  /// `octets` must live until the list is performed, unless `copy`.
  void feed(std::string_view octets, Actions& out, bool copy = false);
  /// Ends the last line when the content did not, then the terminator.
  void finish(Actions& out);

 private:
  bool line_start_ = true;
  bool after_cr_ = false;
  bool ended_ = true;  ///< the content so far ends in CRLF, or is empty
};

}  // namespace postern::mime
