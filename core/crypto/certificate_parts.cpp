#include "crypto/certificate_parts.h"

#include <openssl/pem.h>

#include <array>

namespace postern::crypto::detail {
namespace {

/// More than any real file asks for (2,048 to 1,000,000) and some seconds of work.
constexpr uint64_t kMaxRounds = 5'000'000;
constexpr uint64_t kMaxScryptWork = 1U << 22;  ///< N r p; OpenSSL writes 2^17
constexpr size_t kCurveNameSize = 64;
constexpr WallTime kSecondsPerDay = 24 * 60 * 60;

using Pbes2Ptr = Owned<PBE2PARAM, PBE2PARAM_free>;
using Pbkdf2Ptr = Owned<PBKDF2PARAM, PBKDF2PARAM_free>;
using ScryptPtr = Owned<SCRYPT_PARAMS, SCRYPT_PARAMS_free>;
using OldPbePtr = Owned<PBEPARAM, PBEPARAM_free>;

template <class Ptr>
Ptr unpack(const X509_ALGOR* algorithm, const ASN1_ITEM* form) {
  return Ptr(static_cast<typename Ptr::pointer>(ASN1_TYPE_unpack_sequence(form, algorithm->parameter)));
}

uint64_t number(const ASN1_INTEGER* integer) {
  uint64_t value = 0;
  return ASN1_INTEGER_get_uint64(&value, integer) == 1 ? value : UINT64_MAX;
}

bool scrypt_is_bounded(const SCRYPT_PARAMS& work) {
  uint64_t product = 1;
  for (const ASN1_INTEGER* factor : {work.costParameter, work.blockSize, work.parallelizationParameter}) {
    const uint64_t value = number(factor);
    if (value > kMaxScryptWork) return false;
    product *= value;  // three factors below 2^23 fit
    if (product > kMaxScryptWork) return false;
  }
  return true;
}

bool derivation_is_bounded(const X509_ALGOR* function) {
  if (OBJ_obj2nid(function->algorithm) == NID_id_scrypt) {
    const auto work = unpack<ScryptPtr>(function, ASN1_ITEM_rptr(SCRYPT_PARAMS));
    return !work || scrypt_is_bounded(*work);
  }
  const auto work = unpack<Pbkdf2Ptr>(function, ASN1_ITEM_rptr(PBKDF2PARAM));
  return !work || rounds_are_bounded(work->iter);
}

std::string curve_name(const EVP_PKEY* key) {
  std::array<char, kCurveNameSize> name{};
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1) return "unnamed";
  const std::string_view text = name.data();
  if (text == SN_X9_62_prime256v1) return "P-256";
  if (text == SN_secp384r1) return "P-384";
  if (text == SN_secp521r1) return "P-521";
  return std::string(text);
}

}  // namespace

Expected<void> add_certificate(CertificatePtr certificate, const std::string& source, CertificateParts& parts) {
  if (!certificate) {
    take_openssl_reason();
    return broken(source, "a certificate is damaged");
  }
  if (parts.certificates.size() >= kMaxCertificates) return broken(source, "too many certificates");
  parts.certificates.push_back(std::move(certificate));
  return {};
}

Expected<void> add_key(KeyPtr key, const char* otherwise, const std::string& source, CertificateParts& parts) {
  if (!key) {
    take_openssl_reason();
    return broken(source, otherwise);
  }
  if (parts.keys.size() >= kMaxKeys) return broken(source, "too many keys");
  parts.keys.push_back(std::move(key));
  return {};
}

bool rounds_are_bounded(const ASN1_INTEGER* rounds) {
  return rounds == nullptr || number(rounds) <= kMaxRounds;
}

bool stretching_is_bounded(const X509_ALGOR* algorithm) {
  // What does not unpack is let through: OpenSSL, which reads it the same way, then refuses it without any work.
  if (OBJ_obj2nid(algorithm->algorithm) == NID_pbes2) {
    const auto scheme = unpack<Pbes2Ptr>(algorithm, ASN1_ITEM_rptr(PBE2PARAM));
    return !scheme || derivation_is_bounded(scheme->keyfunc);
  }
  const auto old = unpack<OldPbePtr>(algorithm, ASN1_ITEM_rptr(PBEPARAM));
  return !old || rounds_are_bounded(old->iter);
}

std::string bio_text(BIO* bio) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size <= 0 ? std::string() : std::string(data, static_cast<size_t>(size));
}

std::string certificate_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_X509(bio.get(), certificate) == 1, "writing a certificate");
  return bio_text(bio.get());
}

Secret key_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));  // wipes its memory when it goes
  const int written = PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  must(written == 1, "writing a key");
  return Secret(bio_text(bio.get()));
}

std::string key_name(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      return "EC " + curve_name(key);
    case EVP_PKEY_RSA:
      return "RSA " + std::to_string(EVP_PKEY_get_bits(key));
    case EVP_PKEY_RSA_PSS:
      return "RSA-PSS " + std::to_string(EVP_PKEY_get_bits(key));
    case EVP_PKEY_ED25519:
      return "Ed25519";
    case EVP_PKEY_ED448:
      return "Ed448";
    default:
      break;
  }
  const char* name = EVP_PKEY_get0_type_name(key);
  return name == nullptr ? "unknown" : name;
}

std::optional<WallTime> to_wall_time(const ASN1_TIME* time) {
  const Owned<ASN1_TIME, ASN1_TIME_free> epoch(ASN1_TIME_set(nullptr, 0));
  int days = 0;
  int seconds = 0;
  if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) {
    take_openssl_reason();
    return std::nullopt;
  }
  return (days * kSecondsPerDay + seconds) * kMicrosPerSecond;
}

}  // namespace postern::crypto::detail
