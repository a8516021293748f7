// X.509: import (PEM, PKCS #12), description, and an own certificate authority (EC P-256). Any thread; calls take
// milliseconds.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "base/ip_address.h"
#include "base/secret.h"

namespace postern::crypto {

constexpr int kLeafDays = 397;  ///< longest life of a leaf that devices accept
constexpr int kCaDays = 10 * 365;

/// A leaf, its chain and its key, as PEM. The key is a secret.
struct CertificateBundle {
  std::string chain_pem;  ///< leaf first
  Secret key_pem;         ///< unencrypted PKCS #8
};

/// What a person wants to know of a certificate.
struct CertificateInfo {
  std::string subject, issuer, serial;  ///< serial in hex
  std::vector<std::string> names;       ///< subject alternative names, DNS and IP
  WallTime not_before = 0, not_after = 0;
  std::string sha256;  ///< fingerprint, lower-case hex
  std::string key;     ///< "EC P-256", "RSA 2048"
};

/// Reads PEM certificate(s) and key (in one text or two). certificate_broken (why), certificate_mismatch,
/// certificate_expired. `source` is named in errors.
Expected<CertificateBundle> import_pem(std::string_view certificates, std::string_view key, const Secret& passphrase,
                                       WallTime now, const std::string& source);
/// Reads PKCS #12 (PFX); the same errors. Old RC2/3DES files are read too when OpenSSL's legacy provider is there.
Expected<CertificateBundle> import_pfx(BytesView file, const Secret& passphrase, WallTime now,
                                       const std::string& source);
Expected<CertificateInfo> describe_certificate(std::string_view pem);

/// A certificate authority of one's own: self-signed, CA:TRUE, pathlen 0, keyCertSign, EC P-256.
CertificateBundle make_authority(const std::string& common_name, WallTime now);
/// A leaf signed by `authority`: SAN with every name and address, serverAuth, at most kLeafDays, EC P-256, fresh key
/// and 128-bit random serial, valid from an hour ago.
Expected<CertificateBundle> issue_leaf(const CertificateBundle& authority, const std::vector<std::string>& dns_names,
                                       const std::vector<IpAddress>& addresses, WallTime now);

}  // namespace postern::crypto
