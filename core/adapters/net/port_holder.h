// Who holds a TCP port, in words for a person: "exim4 (pid 812)". Empty when the system does not say. Private to
// adapters/net.
#pragma once

#include <string>

#include "base/ip_address.h"

namespace postern::net {

std::string port_holder(const Endpoint& endpoint);

/// Lets the process open as many sockets as the system allows; returns that number.
size_t raise_socket_limit();

}  // namespace postern::net
