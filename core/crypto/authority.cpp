// An own certificate authority and the leaves that it signs (RFC 5280 section 4).
#include <openssl/err.h>

#include <algorithm>

#include "base/text.h"
#include "crypto/certificate_parts.h"
#include "crypto/random.h"

namespace postern::crypto {
namespace {

using namespace detail;

constexpr size_t kSerialSize = 16;
constexpr size_t kMaxCommonName = 64;  ///< characters: ub-common-name, RFC 5280 appendix A.1
constexpr size_t kMaxNames = 100;
constexpr size_t kMaxDnsName = 253;
constexpr size_t kMaxLabel = 63;
constexpr WallTime kHour = 3600 * kMicrosPerSecond;
constexpr WallTime kDay = 24 * kHour;
constexpr WallTime kStartsBefore = kHour;  ///< clocks of phones and printers differ
constexpr const char* kAuthoritySource = "certificate authority";
constexpr const char* kDefaultName = "Postern";

struct Validity {
  WallTime from, until;
};

KeyPtr new_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  must(key != nullptr, "making a key");
  return key;
}

/// At most `limit` characters, whole ones.
std::string first_characters(const std::string& text, size_t limit) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool starts = (static_cast<uint8_t>(text[at]) & 0xc0) != 0x80;
    if (starts && count++ == limit) return text.substr(0, at);
  }
  return text;
}

void set_common_name(X509_NAME* name, const std::string& text) {
  const auto* octets = reinterpret_cast<const unsigned char*>(text.data());
  const int size = static_cast<int>(text.size());
  must(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, octets, size, -1, 0) == 1, "common name");
}

void set_serial(X509* certificate) {
  std::array<uint8_t, kSerialSize> octets;
  random_bytes(std::span<uint8_t>(octets));
  const BignumPtr number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
  must(number != nullptr && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr, "serial");
}

void set_validity(X509* certificate, const Validity& validity) {
  const auto seconds = [](WallTime time) { return static_cast<time_t>(time / kMicrosPerSecond); };
  must(ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(validity.from)) != nullptr, "not before");
  must(ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(validity.until)) != nullptr, "not after");
}

/// `value` is in OpenSSL's configuration language: constants only.
void extend(X509* certificate, X509* issuer, int extension, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION, X509_EXTENSION_free> made(X509V3_EXT_conf_nid(nullptr, &context, extension, value));
  must(made != nullptr && X509_add_ext(certificate, made.get(), -1) == 1, "certificate extension");
}

CertificatePtr new_certificate(EVP_PKEY* key, const std::string& common_name, const Validity& validity) {
  CertificatePtr certificate(X509_new());
  must(certificate != nullptr, "no memory for a certificate");
  must(X509_set_version(certificate.get(), X509_VERSION_3) == 1, "certificate version");
  must(X509_set_pubkey(certificate.get(), key) == 1, "public key");
  set_serial(certificate.get());
  set_validity(certificate.get(), validity);
  if (!common_name.empty()) set_common_name(X509_get_subject_name(certificate.get()), common_name);
  return certificate;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return is_digit(c) || is_alpha(c) || c == '-'; });
}

/// A host name in A-labels; the first label may be "*" (RFC 6125 section 6.4.3). No address: those are given apart.
bool is_certificate_name(std::string_view name) {
  if (name.size() > kMaxDnsName) return false;
  auto labels = split(name, '.');
  if (labels.size() > 2 && labels.front() == "*") labels.erase(labels.begin());
  const bool numeric = std::all_of(labels.back().begin(), labels.back().end(), is_digit);
  return !numeric && std::all_of(labels.begin(), labels.end(), is_label);
}

void push_name(GENERAL_NAMES* names, int type, BytesView octets) {
  GENERAL_NAME* const name = GENERAL_NAME_new();
  ASN1_STRING* const value = ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
  must(name != nullptr && value != nullptr, "no memory for a name");
  must(ASN1_STRING_set(value, octets.data(), static_cast<int>(octets.size())) == 1, "name");
  GENERAL_NAME_set0_value(name, type, value);
  must(sk_GENERAL_NAME_push(names, name) > 0, "name");
}

/// The names go in as objects, never as configuration text, which one could make say more.
void set_names(X509* certificate, const std::vector<std::string>& dns_names, const std::vector<IpAddress>& addresses,
               bool critical) {
  const Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(GENERAL_NAMES_new());
  must(names != nullptr, "no memory for names");
  for (const std::string& name : dns_names) push_name(names.get(), GEN_DNS, as_bytes(name));
  for (const IpAddress& address : addresses) {
    const BytesView octets(address.octets());
    push_name(names.get(), GEN_IPADD, address.is_v4() ? octets.last(4) : octets);
  }
  must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), critical ? 1 : 0, X509V3_ADD_DEFAULT) == 1,
       "subject alternative names");
}

struct Authority {
  CertificateParts parts;
  X509* certificate() const { return parts.certificates.front().get(); }
  EVP_PKEY* key() const { return parts.keys.front().get(); }
};

Expected<Authority> open_authority(const CertificateBundle& bundle, WallTime now) {
  Authority authority;
  for (const std::string_view text : {std::string_view(bundle.chain_pem), bundle.key_pem.reveal()}) {
    auto read = read_pem(text, Secret(), kAuthoritySource, authority.parts);
    if (!read) return fail(std::move(read.error()));
  }
  if (authority.parts.certificates.empty()) return broken(kAuthoritySource, "no certificate in it");
  if (authority.parts.keys.empty()) return broken(kAuthoritySource, "no private key in it");
  if (X509_check_private_key(authority.certificate(), authority.key()) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::certificate_mismatch, {kAuthoritySource});
  }
  if (X509_check_ca(authority.certificate()) != 1) return broken(kAuthoritySource, "not an authority's certificate");
  const auto until = to_wall_time(X509_get0_notAfter(authority.certificate()));
  if (!until) return broken(kAuthoritySource, "a date cannot be read");
  if (*until < now) return fail(ErrorCode::certificate_expired, {kAuthoritySource, format_rfc3339(*until)});
  return authority;
}

Expected<std::vector<std::string>> checked_names(const std::vector<std::string>& dns_names) {
  std::vector<std::string> names;
  for (const std::string& name : dns_names) {
    if (!is_certificate_name(name)) return fail(ErrorCode::bad_domain, {printable(name, kMaxDnsName)});
    std::string lower = to_lower(name);
    if (std::find(names.begin(), names.end(), lower) == names.end()) names.push_back(std::move(lower));
  }
  return names;
}

/// The first name when it fits; many programs still show it.
std::string common_name_for(const std::vector<std::string>& names, const std::vector<IpAddress>& addresses) {
  const std::string first = names.empty() ? addresses.front().to_string() : names.front();
  return first.size() <= kMaxCommonName ? first : "";
}

/// Not longer than devices accept (both ends count, RFC 5280 section 4.1.2.5) nor than the authority itself.
Validity leaf_validity(const Authority& authority, WallTime now) {
  const WallTime from = now - kStartsBefore;
  const WallTime longest = from + kLeafDays * kDay - kMicrosPerSecond;
  return {from, std::min(longest, *to_wall_time(X509_get0_notAfter(authority.certificate())))};
}

}  // namespace

CertificateBundle make_authority(const std::string& common_name, WallTime now) {
  const bool usable = !common_name.empty() && is_utf8(common_name);
  const std::string name = first_characters(usable ? common_name : kDefaultName, kMaxCommonName);
  const KeyPtr key = new_key();
  const CertificatePtr certificate = new_certificate(key.get(), name, {now - kStartsBefore, now + kCaDays * kDay});
  X509* const self = certificate.get();
  must(X509_set_issuer_name(self, X509_get_subject_name(self)) == 1, "issuer");
  extend(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(self, self, NID_subject_key_identifier, "hash");
  must(X509_sign(self, key.get(), EVP_sha256()) > 0, "signing a certificate");
  return {certificate_pem(self), key_pem(key.get())};
}

Expected<CertificateBundle> issue_leaf(const CertificateBundle& authority, const std::vector<std::string>& dns_names,
                                       const std::vector<IpAddress>& addresses, WallTime now) {
  if (dns_names.empty() && addresses.empty()) return fail(ErrorCode::bad_input, {"certificate", "no name"});
  if (dns_names.size() + addresses.size() > kMaxNames) {
    return fail(ErrorCode::too_many, {"names", std::to_string(kMaxNames)});
  }
  const auto names = checked_names(dns_names);
  if (!names) return fail(names.error());
  const auto issuer = open_authority(authority, now);
  if (!issuer) return fail(issuer.error());
  const KeyPtr key = new_key();
  const std::string common_name = common_name_for(*names, addresses);
  const CertificatePtr certificate = new_certificate(key.get(), common_name, leaf_validity(*issuer, now));
  X509* const leaf = certificate.get();
  X509* const signer = issuer->certificate();
  must(X509_set_issuer_name(leaf, X509_get_subject_name(signer)) == 1, "issuer");
  extend(leaf, signer, NID_basic_constraints, "critical,CA:FALSE");
  extend(leaf, signer, NID_key_usage, "critical,digitalSignature");
  extend(leaf, signer, NID_ext_key_usage, "serverAuth");
  extend(leaf, signer, NID_subject_key_identifier, "hash");
  extend(leaf, signer, NID_authority_key_identifier, "keyid:always");
  set_names(leaf, *names, addresses, common_name.empty());  // RFC 5280 section 4.1.2.6: critical without a subject
  const bool edwards = EVP_PKEY_get_base_id(issuer->key()) == EVP_PKEY_ED25519;
  if (X509_sign(leaf, issuer->key(), edwards ? nullptr : EVP_sha256()) <= 0) {
    return broken(kAuthoritySource, std::string("its key cannot sign: ") + take_openssl_reason());
  }
  CertificateBundle bundle{certificate_pem(leaf), key_pem(key.get())};
  for (const auto& above : issuer->parts.certificates) bundle.chain_pem += certificate_pem(above.get());
  return bundle;
}

}  // namespace postern::crypto
