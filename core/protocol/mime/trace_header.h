// The trace headers a receiver writes: Return-Path and Received, RFC 5321 section 4.4. Pure functions.
// Whatever the peer said is cleaned: no result holds a line end, a control octet or a comment the peer wrote.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ip_address.h"

namespace postern::mime {

/// What stands in a Received header.
struct Received {
  std::string_view helo;  ///< as the peer said it; empty: "unknown"
  IpAddress peer;
  std::string_view by;         ///< our name
  std::string_view with;       ///< RFC 3848 / RFC 6531 section 4.3: "ESMTPS", "UTF8SMTPSA"
  std::string_view id;         ///< of the message
  std::string_view recipient;  ///< the only recipient, "" with none or several: nobody learns of the others
  WallTime time = 0;
};

/// "Received: from HELO ([ADDRESS])\r\n\tby HOST with ... ; DATE\r\n", folded.
std::string received_header(const Received& what);
/// "Return-Path: <PATH>\r\n"; the path without brackets, "" for the null path.
std::string return_path_header(std::string_view reverse_path);
/// A HELO argument as it may stand in a header: what is not a name or an address literal becomes '?'.
std::string clean_helo(std::string_view helo);

}  // namespace postern::mime
