// One RETR or TOP on its way out: the reply, the header block (downgraded when it has to be), stuffing, the line limit
// of TOP.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/machine.h"
#include "protocol/mime/stuffing.h"
#include "protocol/pop3/session.h"

namespace postern::pop3 {

constexpr size_t kHeaderLimit =
    256 * 1024;  ///< octets of header held back to be looked at; a longer block passes as it is

/// Finds the end of a header block in a stream.
class HeaderEnd {
 public:
  /// One past the blank line that ends the block, npos while it has not come.
  size_t find(std::string_view octets);

 private:
  size_t line_ = 0;       ///< octets of the line so far
  bool only_cr_ = false;  ///< and they are one CR
};

class Delivery {
 public:
  /// `octets` is the stored size, said in the reply; `lines` is TOP's limit, none for RETR.
  Delivery(uint64_t octets, std::optional<uint32_t> lines, Downgrade downgrade)
      : octets_(octets), lines_(lines), downgrade_(downgrade) {}

  /// True when TOP has all it wants.
  bool feed(std::string_view octets, Actions& out);
  void finish(Actions& out);
  bool begun() const { return begun_; }

 private:
  bool feed_header(std::string_view octets, bool complete, Actions& out);
  void release_header(std::string_view header, Actions& out, bool copy);
  bool feed_body(std::string_view octets, Actions& out);
  void begin(bool downgraded, Actions& out);

  mime::Stuffer stuffer_;
  HeaderEnd header_end_;
  std::string held_;
  uint64_t octets_;
  std::optional<uint32_t> lines_;
  Downgrade downgrade_;
  bool in_header_ = true;
  bool begun_ = false;
};

}  // namespace postern::pop3
