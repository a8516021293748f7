// What `trace KEY` takes: a session id, a message's id, an address, or a user.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/trace.h"

namespace postern::observe {

constexpr size_t kTraceKeyLength = 256;  ///< octets

/// A parsed key. A value; any thread.
///   13 base32 characters   the session with this id (and sessions that mention it)
///   IP address             sessions of this peer
///   NAME@DOMAIN            sessions logged in as, or naming in MAIL or RCPT, this address
///   anything else          a message id: sessions whose replies or commands hold it as a whole word
class TraceKey {
 public:
  /// bad_input when empty, too long or with control characters.
  static Expected<TraceKey> parse(std::string_view text);

  bool matches(const Trace& trace) const;
  /// The id, when the key has the form of one: look there first.
  std::optional<uint64_t> session() const { return session_; }

 private:
  std::optional<uint64_t> session_;
  std::optional<IpAddress> address_;
  std::string word_;  ///< in lower case
};

}  // namespace postern::observe
