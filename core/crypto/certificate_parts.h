// PEM text to OpenSSL's objects and back, and the reasons to refuse them. Private to core/crypto.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "base/secret.h"
#include "crypto/certificate.h"
#include "crypto/openssl_types.h"

namespace postern::crypto::detail {

constexpr size_t kMaxCertificateFile = 1024 * 1024;
constexpr size_t kMaxCertificates = 32;
constexpr size_t kMaxKeys = 8;

/// What a file held, in its order.
struct CertificateParts {
  std::vector<CertificatePtr> certificates;
  std::vector<KeyPtr> keys;
};

/// certificate_broken with `source` and the reason.
inline tl::unexpected<Error> broken(const std::string& source, std::string reason) {
  return fail(ErrorCode::certificate_broken, {source, std::move(reason)});
}

/// Both refuse more than the limits above; an empty key means that none came out, with `otherwise` as the reason.
Expected<void> add_certificate(CertificatePtr certificate, const std::string& source, CertificateParts& parts);
Expected<void> add_key(KeyPtr key, const char* otherwise, const std::string& source, CertificateParts& parts);

/// Reads certificates and private keys (PKCS #8, encrypted or not, and the older RSA and EC forms) out of PEM text and
/// appends them to `parts`. Other blocks and text between them are passed over.
Expected<void> read_pem(std::string_view text, const Secret& passphrase, const std::string& source,
                        CertificateParts& parts);
/// Finds the leaf that belongs to a key, puts its chain in order, checks both and writes them as PEM.
Expected<CertificateBundle> assemble(const CertificateParts& parts, WallTime now, const std::string& source);

/// False when opening what is encrypted with `algorithm` would take more rounds of key stretching than any real file.
bool stretching_is_bounded(const X509_ALGOR* algorithm);
bool rounds_are_bounded(const ASN1_INTEGER* rounds);

std::string certificate_pem(X509* certificate);
Secret key_pem(EVP_PKEY* key);
/// "EC P-256", "RSA 2048", "Ed25519"
std::string key_name(const EVP_PKEY* key);
/// Nothing when the date is not one.
std::optional<WallTime> to_wall_time(const ASN1_TIME* time);
std::string bio_text(BIO* bio);

}  // namespace postern::crypto::detail
