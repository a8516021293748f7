// Owners of OpenSSL's objects and the way out of failures that cannot be answered. Private to core/crypto.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace postern::crypto::detail {

/// Calls the OpenSSL function that frees the object.
template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freer<Free>>;

inline void free_certificates(STACK_OF(X509) * stack) {
  sk_X509_pop_free(stack, X509_free);
}

using BioPtr = Owned<BIO, BIO_free_all>;
using BignumPtr = Owned<BIGNUM, BN_free>;
using CertificatePtr = Owned<X509, X509_free>;
using CipherContextPtr = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using DigestContextPtr = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using KeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using MacContextPtr = Owned<EVP_MAC_CTX, EVP_MAC_CTX_free>;
using Pkcs8Ptr = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using Pkcs12Ptr = Owned<PKCS12, PKCS12_free>;
using SslContextPtr = Owned<SSL_CTX, SSL_CTX_free>;
using SslPtr = Owned<SSL, SSL_free>;

/// Ends the process: a library that cannot hash, encrypt or draw random numbers leaves nothing safe to do.
/// Writes `what` and OpenSSL's reason to standard error, never data.
[[noreturn]] void crypto_broken(const char* what);

/// For calls that fail only when the library is broken or memory is gone.
inline void must(bool worked, const char* what) {
  if (!worked) crypto_broken(what);
}

/// OpenSSL's short words for the oldest error of this thread ("wrong version number"), "" when there is none.
/// Empties the thread's queue, so that no error is taken for a later call's.
const char* take_openssl_reason();

}  // namespace postern::crypto::detail
