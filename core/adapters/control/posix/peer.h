// Who is at the other end of a local socket, and what an OS user is called.
#pragma once

#include <string>

#include "adapters/control/server.h"

namespace postern::control {

/// False when the system does not say.
bool read_peer(int socket, Peer& peer);
/// The name of an OS user, "" = has none.
std::string user_name(uint32_t uid);

}  // namespace postern::control
