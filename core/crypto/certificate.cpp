#include "crypto/certificate.h"

#include <openssl/err.h>

#include <algorithm>

#include "base/text.h"
#include "crypto/certificate_parts.h"
#include "crypto/digest.h"

namespace postern::crypto {
namespace {

using namespace detail;

constexpr size_t kMaxNameText = 1024;  ///< octets of a subject or issuer that are shown
constexpr size_t kMaxShownNames = 256;
constexpr size_t kMaxDnsName = 255;

std::string name_text(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  std::string text = bio_text(bio.get());
  if (!is_utf8(text) || text.size() > kMaxNameText) text = printable(text, kMaxNameText);
  return text;
}

BytesView octets_of(const ASN1_STRING* text) {
  return {ASN1_STRING_get0_data(text), static_cast<size_t>(ASN1_STRING_length(text))};
}

std::string address_text(BytesView octets) {
  std::array<uint8_t, 4> v4;
  std::array<uint8_t, 16> v6;
  if (octets.size() == v4.size()) {
    std::copy(octets.begin(), octets.end(), v4.begin());
    return IpAddress::v4(v4).to_string();
  }
  if (octets.size() != v6.size()) return hex(octets);
  std::copy(octets.begin(), octets.end(), v6.begin());
  return IpAddress::v6(v6).to_string();
}

std::vector<std::string> alternative_names(const X509* certificate) {
  const Owned<GENERAL_NAMES, GENERAL_NAMES_free> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()) && names.size() < kMaxShownNames; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) names.push_back(printable(as_text(octets_of(name->d.dNSName)), kMaxDnsName));
    if (name->type == GEN_IPADD) names.push_back(address_text(octets_of(name->d.iPAddress)));
  }
  return names;
}

std::string fingerprint(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  must(size > 0, "encoding a certificate");
  const std::string text = hex(sha256(BytesView(der, static_cast<size_t>(size))));
  OPENSSL_free(der);
  return text;
}

}  // namespace

Expected<CertificateBundle> import_pem(std::string_view certificates, std::string_view key, const Secret& passphrase,
                                       WallTime now, const std::string& source) {
  CertificateParts parts;
  for (const std::string_view text : {certificates, key}) {
    if (auto read = read_pem(text, passphrase, source, parts); !read) return fail(std::move(read.error()));
  }
  return assemble(parts, now, source);
}

Expected<CertificateInfo> describe_certificate(std::string_view pem) {
  static const std::string kSource = "certificate";
  CertificateParts parts;
  if (auto read = read_pem(pem, Secret(), kSource, parts); !read) return fail(std::move(read.error()));
  if (parts.certificates.empty()) return broken(kSource, "no certificate in it");
  const X509* const certificate = parts.certificates.front().get();
  const auto from = to_wall_time(X509_get0_notBefore(certificate));
  const auto until = to_wall_time(X509_get0_notAfter(certificate));
  if (!from || !until) return broken(kSource, "a date cannot be read");
  CertificateInfo info;
  info.subject = name_text(X509_get_subject_name(certificate));
  info.issuer = name_text(X509_get_issuer_name(certificate));
  info.serial = hex(octets_of(X509_get0_serialNumber(certificate)));
  info.names = alternative_names(certificate);
  info.not_before = *from;
  info.not_after = *until;
  info.sha256 = fingerprint(certificate);
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  info.key = key == nullptr ? "unknown" : key_name(key);
  ERR_clear_error();
  return info;
}

}  // namespace postern::crypto
