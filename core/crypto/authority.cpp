// An own certificate authority and the leaves it signs.
#include <algorithm>

#include "crypto/certificate.h"
#include "crypto/random.h"
#include "crypto/x509.h"

namespace postern::crypto {
namespace {

constexpr size_t kSerialOctets = 16;
constexpr long kHour = 3600;
constexpr long kDay = 24 * kHour;

KeyPtr fresh_key() {
  return KeyPtr(EVP_EC_gen("P-256"));
}

X509Ptr blank(EVP_PKEY* key, const std::string& common_name, WallTime now, int days) {
  X509Ptr out(X509_new());
  X509_set_version(out.get(), X509_VERSION_3);
  Bytes serial = random_bytes(kSerialOctets);
  serial[0] = static_cast<uint8_t>((serial[0] & 0x7f) | 0x40);  // positive, of full length (RFC 5280 section 4.1.2.2)
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(out.get()));
  BN_free(number);
  // An hour back: clocks of phones and printers differ.
  const time_t start = static_cast<time_t>(now / kMicrosPerSecond) - kHour;
  ASN1_TIME_set(X509_getm_notBefore(out.get()), start);
  ASN1_TIME_set(X509_getm_notAfter(out.get()), start + days * kDay);
  X509_NAME* subject = X509_get_subject_name(out.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  X509_set_pubkey(out.get(), key);
  return out;
}

bool extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  const bool good = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return good;
}

/// Names go in one by one as objects: a configuration string could be made to say more than one thing.
bool add_names(X509* certificate, const std::vector<std::string>& names, const std::vector<IpAddress>& addresses) {
  GENERAL_NAMES* list = sk_GENERAL_NAME_new_null();
  for (const std::string& name : names) {
    GENERAL_NAME* entry = GENERAL_NAME_new();
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
    GENERAL_NAME_set0_value(entry, GEN_DNS, text);
    sk_GENERAL_NAME_push(list, entry);
  }
  for (const IpAddress& address : addresses) {
    GENERAL_NAME* entry = GENERAL_NAME_new();
    ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
    const size_t skip = address.is_v4() ? 12 : 0;
    ASN1_OCTET_STRING_set(octets, address.octets().data() + skip, static_cast<int>(16 - skip));
    GENERAL_NAME_set0_value(entry, GEN_IPADD, octets);
    sk_GENERAL_NAME_push(list, entry);
  }
  const bool good = X509_add1_ext_i2d(certificate, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) == 1;
  GENERAL_NAMES_free(list);
  return good;
}

}  // namespace

CertificateBundle make_authority(const std::string& common_name, WallTime now) {
  const KeyPtr key = fresh_key();
  const X509Ptr out = blank(key.get(), common_name.substr(0, ub_common_name), now, kCaDays);
  X509_set_issuer_name(out.get(), X509_get_subject_name(out.get()));
  extend(out.get(), out.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(out.get(), out.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(out.get(), out.get(), NID_subject_key_identifier, "hash");
  X509_sign(out.get(), key.get(), EVP_sha256());
  return {certificate_pem(out.get()), key_pem(key.get())};
}

Expected<CertificateBundle> issue_leaf(const CertificateBundle& authority, const std::vector<std::string>& dns_names,
                                       const std::vector<IpAddress>& addresses, WallTime now) {
  if (dns_names.empty() && addresses.empty()) return fail(ErrorCode::bad_input, {"certificate", "no name"});
  const auto issuers = read_certificates(authority.chain_pem);
  const KeyPtr signer = read_key(authority.key_pem.reveal(), Secret());
  if (issuers.empty() || !signer) return fail(ErrorCode::certificate_broken, {"own CA", take_openssl_error()});
  X509* issuer = issuers.front().get();
  const KeyPtr key = fresh_key();
  const std::string common_name = dns_names.empty() ? addresses.front().to_string() : dns_names.front();
  const X509Ptr out = blank(key.get(), common_name.substr(0, ub_common_name), now, kLeafDays);
  X509_set_issuer_name(out.get(), X509_get_subject_name(issuer));
  const bool good = extend(out.get(), issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                    extend(out.get(), issuer, NID_key_usage, "critical,digitalSignature") &&
                    extend(out.get(), issuer, NID_ext_key_usage, "serverAuth") &&
                    extend(out.get(), issuer, NID_subject_key_identifier, "hash") &&
                    extend(out.get(), issuer, NID_authority_key_identifier, "keyid") &&
                    add_names(out.get(), dns_names, addresses) && X509_sign(out.get(), signer.get(), EVP_sha256()) > 0;
  if (!good) return fail(ErrorCode::certificate_broken, {"own CA", take_openssl_error()});
  return CertificateBundle{certificate_pem(out.get()) + authority.chain_pem, key_pem(key.get())};
}

}  // namespace postern::crypto
