// From the certificates and keys of a file to what a server can use: leaf first, its chain in order, nothing weak,
// nothing out of date. What TLS would refuse later is refused here, with a reason that an administrator understands.
#include <openssl/err.h>

#include <algorithm>

#include "crypto/certificate_parts.h"

namespace postern::crypto::detail {
namespace {

constexpr int kMinSecurityBits = 112;  ///< RSA of 2048, SHA-224
constexpr int kMinRsaBits = 2048;
constexpr std::string_view kSelfTest = "postern certificate check";

using Chain = std::vector<X509*>;  ///< leaf first; owned by the parts

WallTime ends(const X509* certificate) {
  return to_wall_time(X509_get0_notAfter(certificate)).value_or(0);
}

/// Compares public keys and keeps the error queue clean.
bool belong_together(const X509* certificate, const EVP_PKEY* key) {
  const bool match = X509_check_private_key(certificate, key) == 1;
  ERR_clear_error();
  return match;
}

bool issued(X509* issuer, X509* subject) {
  const bool did =
      X509_check_issued(issuer, subject) == X509_V_OK && X509_verify(subject, X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  return did;
}

/// Of several leaves for one key (a renewal kept beside the old one) the one that lives longest.
X509* find_leaf(const CertificateParts& parts, const EVP_PKEY* key) {
  X509* leaf = nullptr;
  for (const auto& certificate : parts.certificates) {
    if (!belong_together(certificate.get(), key)) continue;
    if (leaf == nullptr || ends(certificate.get()) > ends(leaf)) leaf = certificate.get();
  }
  return leaf;
}

/// The issuer of `subject` that lives longest, not yet part of the chain.
X509* find_issuer(const CertificateParts& parts, X509* subject, const Chain& chain) {
  X509* found = nullptr;
  for (const auto& candidate : parts.certificates) {
    if (std::find(chain.begin(), chain.end(), candidate.get()) != chain.end()) continue;
    if (!issued(candidate.get(), subject)) continue;
    if (found == nullptr || ends(candidate.get()) > ends(found)) found = candidate.get();
  }
  return found;
}

/// A root that came along stays: DANE-TA needs it in the chain (RFC 7671 section 5.2.2).
Chain build_chain(const CertificateParts& parts, X509* leaf) {
  Chain chain = {leaf};
  while ((X509_get_extension_flags(chain.back()) & EXFLAG_SS) == 0) {
    X509* const issuer = find_issuer(parts, chain.back(), chain);
    if (issuer == nullptr) break;
    chain.push_back(issuer);
  }
  return chain;
}

/// Why TLS cannot use such a key, "" when it can.
std::string weakness_of_key(const EVP_PKEY* key) {
  const std::string name = key_name(key);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return EVP_PKEY_get_bits(key) < kMinRsaBits ? name + " is too short: at least 2048 bits are needed" : "";
    case EVP_PKEY_EC:
      return name == "EC P-256" || name == "EC P-384" || name == "EC P-521" ? "" : name + " is not a curve for TLS";
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return "";
    default:
      return name + " keys are not usable";
  }
}

std::string weakness_of_signature(X509* certificate) {
  int digest = NID_undef;
  int bits = 0;
  if (X509_get_signature_info(certificate, &digest, nullptr, &bits, nullptr) != 1) {
    ERR_clear_error();
    return "a certificate is signed in an unknown way";
  }
  if (bits >= kMinSecurityBits) return "";
  const char* name = OBJ_nid2sn(digest);
  return std::string("a certificate is signed with a weak digest: ") + (name == nullptr ? "unknown" : name);
}

std::string unfit_for_servers(X509* leaf) {
  if ((X509_get_extension_flags(leaf) & EXFLAG_INVALID) != 0) return "the certificate's extensions are broken";
  constexpr uint32_t kServer = XKU_SSL_SERVER | XKU_ANYEKU;
  if ((X509_get_extended_key_usage(leaf) & kServer) == 0) return "the certificate is not meant for servers";
  if ((X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0) return "the certificate's key may not sign";
  return "";
}

/// The numbers of a damaged key can still carry the right public half; only a signature shows it.
bool key_works(EVP_PKEY* key, X509* leaf) {
  const BytesView text = as_bytes(kSelfTest);
  const DigestContextPtr signer(EVP_MD_CTX_new());
  const DigestContextPtr verifier(EVP_MD_CTX_new());
  size_t size = 0;
  bool works = EVP_DigestSignInit_ex(signer.get(), nullptr, nullptr, nullptr, nullptr, key, nullptr) == 1 &&
               EVP_DigestSign(signer.get(), nullptr, &size, text.data(), text.size()) == 1;
  Bytes signature(size);
  EVP_PKEY* const public_key = X509_get0_pubkey(leaf);
  works = works && EVP_DigestSign(signer.get(), signature.data(), &size, text.data(), text.size()) == 1 &&
          EVP_DigestVerifyInit_ex(verifier.get(), nullptr, nullptr, nullptr, nullptr, public_key, nullptr) == 1 &&
          EVP_DigestVerify(verifier.get(), signature.data(), size, text.data(), text.size()) == 1;
  ERR_clear_error();
  return works;
}

Expected<void> check_dates(const Chain& chain, WallTime now, const std::string& source) {
  for (const X509* certificate : chain) {
    const auto from = to_wall_time(X509_get0_notBefore(certificate));
    const auto until = to_wall_time(X509_get0_notAfter(certificate));
    if (!from || !until) return broken(source, "a date cannot be read");
    if (*until < now) return fail(ErrorCode::certificate_expired, {source, format_rfc3339(*until)});
    if (*from > now) return broken(source, "not valid before " + format_rfc3339(*from));
  }
  return {};
}

Expected<void> check_strength(const Chain& chain, const std::string& source) {
  for (X509* certificate : chain) {
    const EVP_PKEY* const key = X509_get0_pubkey(certificate);
    if (key == nullptr) {
      ERR_clear_error();
      return broken(source, "a public key cannot be read");
    }
    if (auto weak = weakness_of_key(key); !weak.empty()) return broken(source, std::move(weak));
    // Nobody relies on the signature of a root.
    const bool root = certificate != chain.front() && (X509_get_extension_flags(certificate) & EXFLAG_SS) != 0;
    if (root) continue;
    if (auto weak = weakness_of_signature(certificate); !weak.empty()) return broken(source, std::move(weak));
  }
  return {};
}

}  // namespace

Expected<CertificateBundle> assemble(const CertificateParts& parts, WallTime now, const std::string& source) {
  if (parts.certificates.empty()) return broken(source, "no certificate in it");
  if (parts.keys.empty()) return broken(source, "no private key in it");
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  for (const auto& candidate : parts.keys) {
    key = candidate.get();
    leaf = find_leaf(parts, key);
    if (leaf != nullptr) break;
  }
  if (leaf == nullptr) return fail(ErrorCode::certificate_mismatch, {source});
  const Chain chain = build_chain(parts, leaf);
  if (auto checked = check_strength(chain, source); !checked) return fail(std::move(checked.error()));
  if (auto checked = check_dates(chain, now, source); !checked) return fail(std::move(checked.error()));
  if (auto reason = unfit_for_servers(leaf); !reason.empty()) return broken(source, std::move(reason));
  if (!key_works(key, leaf)) return broken(source, "the private key is damaged");
  CertificateBundle bundle;
  for (X509* certificate : chain) bundle.chain_pem += certificate_pem(certificate);
  bundle.key_pem = key_pem(key);
  return bundle;
}

}  // namespace postern::crypto::detail
