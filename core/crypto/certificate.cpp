#include "crypto/certificate.h"

#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <algorithm>

#include "crypto/digest.h"
#include "crypto/x509.h"

namespace postern::crypto {
namespace {

constexpr int kLeastRsaBits = 2048;
constexpr size_t kFileLimit = 1 << 20;

WallTime wall_of(const ASN1_TIME* time) {
  int days = 0, seconds = 0;
  const std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>> epoch(ASN1_TIME_set(nullptr, 0));
  if (ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) return 0;
  return (static_cast<WallTime>(days) * 86400 + seconds) * kMicrosPerSecond;
}

std::string name_words(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return bio_text(bio.get());
}

std::string hex_serial(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  return hex(BytesView(ASN1_STRING_get0_data(serial), static_cast<size_t>(ASN1_STRING_length(serial))));
}

std::vector<std::string> alternative_names(const X509* certificate) {
  std::vector<std::string> out;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    const ASN1_STRING* text = name->type == GEN_DNS     ? name->d.dNSName
                              : name->type == GEN_IPADD ? name->d.iPAddress
                                                        : nullptr;
    if (text == nullptr) continue;
    const BytesView octets(ASN1_STRING_get0_data(text), static_cast<size_t>(ASN1_STRING_length(text)));
    if (name->type == GEN_DNS) {
      out.push_back(to_string(octets));
    } else if (octets.size() == 4) {
      out.push_back(IpAddress::v4({octets[0], octets[1], octets[2], octets[3]}).to_string());
    } else if (octets.size() == 16) {
      std::array<uint8_t, 16> address{};
      std::copy(octets.begin(), octets.end(), address.begin());
      out.push_back(IpAddress::v6(address).to_string());
    }
  }
  GENERAL_NAMES_free(names);
  return out;
}

/// Why a key is too weak to serve with, or nothing.
std::string weakness(X509* leaf, EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < kLeastRsaBits)
    return "the RSA key is shorter than 2048 bits";
  int digest = NID_undef;
  X509_get_signature_info(leaf, &digest, nullptr, nullptr, nullptr);
  const bool self_signed = X509_check_issued(leaf, leaf) == X509_V_OK;
  if (!self_signed && (digest == NID_md5 || digest == NID_sha1)) return "it is signed with MD5 or SHA-1";
  return {};
}

/// Leaf (whose key we hold) first, then each issuer as long as one is there.
std::string ordered_chain(const std::vector<X509Ptr>& certificates, X509* leaf) {
  std::string pem = certificate_pem(leaf);
  X509* last = leaf;
  for (size_t i = 0; i < certificates.size(); ++i) {
    const auto issuer = std::find_if(certificates.begin(), certificates.end(), [last](const X509Ptr& candidate) {
      return candidate.get() != last && X509_check_issued(candidate.get(), last) == X509_V_OK;
    });
    if (issuer == certificates.end()) break;
    last = issuer->get();
    pem += certificate_pem(last);
    if (X509_check_issued(last, last) == X509_V_OK) break;
  }
  return pem;
}

Expected<CertificateBundle> assemble(const std::vector<X509Ptr>& certificates, EVP_PKEY* key, WallTime now,
                                     const std::string& source) {
  const auto leaf = std::find_if(certificates.begin(), certificates.end(), [key](const X509Ptr& one) {
    const bool fits = X509_check_private_key(one.get(), key) == 1;
    ERR_clear_error();
    return fits;
  });
  if (leaf == certificates.end()) return fail(ErrorCode::certificate_mismatch, {source});
  X509* certificate = leaf->get();
  if (const std::string why = weakness(certificate, key); !why.empty())
    return fail(ErrorCode::certificate_broken, {source, why});
  const WallTime until = wall_of(X509_get0_notAfter(certificate));
  if (until <= now) return fail(ErrorCode::certificate_expired, {source, format_rfc3339(until)});
  if (wall_of(X509_get0_notBefore(certificate)) > now)
    return fail(ErrorCode::certificate_broken, {source, "it is not valid yet"});
  return CertificateBundle{ordered_chain(certificates, certificate), key_pem(key)};
}

/// Files of older programs use RC2 and 3DES, which OpenSSL 3 keeps in a provider of its own.
bool parse_pfx(PKCS12* file, const Secret& passphrase, KeyPtr& key, X509Ptr& leaf, std::vector<X509Ptr>& others) {
  EVP_PKEY* raw_key = nullptr;
  X509* raw_leaf = nullptr;
  STACK_OF(X509)* raw_others = nullptr;
  const std::string text(passphrase.reveal());
  const bool good = PKCS12_parse(file, text.c_str(), &raw_key, &raw_leaf, &raw_others) == 1;
  key.reset(raw_key);
  leaf.reset(raw_leaf);
  while (sk_X509_num(raw_others) > 0) others.emplace_back(sk_X509_shift(raw_others));
  sk_X509_free(raw_others);
  return good;
}

}  // namespace

Expected<CertificateBundle> import_pem(std::string_view certificates, std::string_view key, const Secret& passphrase,
                                       WallTime now, const std::string& source) {
  if (certificates.size() > kFileLimit || key.size() > kFileLimit)
    return fail(ErrorCode::too_large, {source, std::to_string(kFileLimit)});
  const auto chain = read_certificates(certificates);
  if (chain.empty()) return fail(ErrorCode::certificate_broken, {source, "there is no certificate in it"});
  const KeyPtr own = read_key(key.empty() ? certificates : key, passphrase);
  if (!own)
    return fail(ErrorCode::certificate_broken, {source, "the private key cannot be read: " + take_openssl_error()});
  return assemble(chain, own.get(), now, source);
}

Expected<CertificateBundle> import_pfx(BytesView octets, const Secret& passphrase, WallTime now,
                                       const std::string& source) {
  if (octets.size() > kFileLimit) return fail(ErrorCode::too_large, {source, std::to_string(kFileLimit)});
  const BioPtr bio = read_only_bio(as_text(octets));
  const std::unique_ptr<PKCS12, FreeWith<PKCS12_free>> file(d2i_PKCS12_bio(bio.get(), nullptr));
  if (!file) return fail(ErrorCode::certificate_broken, {source, take_openssl_error()});
  KeyPtr key;
  X509Ptr leaf;
  std::vector<X509Ptr> chain;
  if (!parse_pfx(file.get(), passphrase, key, leaf, chain)) {
    const std::string why = take_openssl_error();
    OSSL_PROVIDER* legacy = OSSL_PROVIDER_try_load(nullptr, "legacy", 1);
    chain.clear();
    const bool good = legacy != nullptr && parse_pfx(file.get(), passphrase, key, leaf, chain);
    if (legacy != nullptr) OSSL_PROVIDER_unload(legacy);
    ERR_clear_error();
    if (!good) return fail(ErrorCode::certificate_broken, {source, why});
  }
  if (!key || !leaf) return fail(ErrorCode::certificate_broken, {source, "it holds no key with its certificate"});
  chain.insert(chain.begin(), std::move(leaf));
  return assemble(chain, key.get(), now, source);
}

Expected<CertificateInfo> describe_certificate(std::string_view pem) {
  const auto certificates = read_certificates(pem);
  if (certificates.empty()) return fail(ErrorCode::certificate_broken, {"PEM", "there is no certificate in it"});
  X509* certificate = certificates.front().get();
  CertificateInfo out;
  out.subject = name_words(X509_get_subject_name(certificate));
  out.issuer = name_words(X509_get_issuer_name(certificate));
  out.serial = hex_serial(certificate);
  out.names = alternative_names(certificate);
  out.not_before = wall_of(X509_get0_notBefore(certificate));
  out.not_after = wall_of(X509_get0_notAfter(certificate));
  uint8_t* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  out.sha256 = hex(sha256(BytesView(der, static_cast<size_t>(std::max(size, 0)))));
  OPENSSL_free(der);
  out.key = key_words(X509_get0_pubkey(certificate));
  return out;
}

}  // namespace postern::crypto
