// What the session ledger keeps. Values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/ip_address.h"
#include "observe/session_row.h"

namespace postern::store {

/// One session. `account` is kept instead of the row's user: addresses of users are not written in clear.
struct LedgerSession {
  observe::SessionRow row;  ///< `user` is empty when written, filled through NameOf when read
  uint64_t account = 0;     ///< 0 = not logged in
};

/// Connections refused at accept, folded.
struct TurnedAway {
  WallTime minute = 0;  ///< its begin
  IpAddress address;
  uint16_t port = 0;
  std::string rule;
  uint64_t count = 0;
};

/// Who used which credential from where; folded by hour.
struct Contact {
  WallTime hour = 0;  ///< its begin
  IpAddress address;
  uint16_t port = 0;
  uint64_t account = 0;
  std::string credential;  ///< kind: "password", "apppass", ...
  std::string client;      ///< class: "thunderbird", "outlook", ..., "" = not told apart
  std::string outcome;     ///< "ok", "wrong", ...
  uint64_t count = 1;
};

/// The address of an account, "" when it is gone.
using NameOf = std::function<std::string(uint64_t account)>;

}  // namespace postern::store
