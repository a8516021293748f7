// What is in force, compiled from documents: values that the I/O threads and the verifier read. Immutable; parts that
// did not change are shared between two policies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "crypto/tls.h"
#include "defence/identity/directory.h"
#include "protocol/pop3/session.h"
#include "protocol/smtp/session.h"

namespace postern::service {

struct Policy {
  uint64_t version = 0;  ///< id of the change that made it
  std::shared_ptr<const identity::Directory> directory;
  std::shared_ptr<const smtp::Limits> smtp;
  std::shared_ptr<const pop3::Limits> pop3;
  std::shared_ptr<const std::vector<Network>> lenient;  ///< smtp/lenient_networks
  std::shared_ptr<const std::string> host_name;
  std::shared_ptr<const crypto::TlsContext> tls;
  Endpoint smtp_listener, pop3_listener;
  std::string certificate_pem;  ///< the chain in use
  WallTime certificate_until = 0;
  bool own_authority = false;  ///< made by the CA of this folder
};

}  // namespace postern::service
