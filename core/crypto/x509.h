// Owners of OpenSSL's X.509 objects and what several sources here need of them. Private to core/crypto.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"

namespace postern::crypto {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

/// OpenSSL's words for the last failure ("bad decrypt"); empties its queue.
std::string take_openssl_error();
BioPtr read_only_bio(std::string_view text);
std::string bio_text(BIO* bio);
std::string certificate_pem(X509* certificate);
/// Unencrypted PKCS #8.
Secret key_pem(EVP_PKEY* key);
std::vector<X509Ptr> read_certificates(std::string_view pem);
/// Null when there is no readable key; `encrypted` tells why it may be.
KeyPtr read_key(std::string_view pem, const Secret& passphrase);
/// "EC P-256", "RSA 2048", "Ed25519"
std::string key_words(EVP_PKEY* key);

}  // namespace postern::crypto
