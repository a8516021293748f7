#include "crypto/openssl_types.h"

#include <openssl/err.h>

#include <cstdio>
#include <cstdlib>

namespace postern::crypto::detail {

void crypto_broken(const char* what) {
  std::fprintf(stderr, "postern: the cryptographic library failed: %s (%s)\n", what, take_openssl_reason());
  std::abort();
}

const char* take_openssl_reason() {
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  if (error == 0) return "";
  const char* reason = ERR_reason_error_string(error);
  return reason == nullptr ? "no reason given" : reason;
}

}  // namespace postern::crypto::detail
