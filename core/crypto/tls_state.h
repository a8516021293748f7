// What TlsContext holds. Private to core/crypto.
#pragma once

#include "crypto/openssl_types.h"
#include "crypto/tls.h"

namespace postern::crypto {

struct TlsContext::State {
  detail::SslContextPtr context;
  bool client = false;
  std::string peer_name;
};

}  // namespace postern::crypto
