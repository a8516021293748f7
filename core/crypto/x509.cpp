#include "crypto/x509.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace postern::crypto {
namespace {

int give_passphrase(char* buffer, int size, int, void* secret) {
  const std::string_view text = static_cast<const Secret*>(secret)->reveal();
  const size_t length = std::min(text.size(), static_cast<size_t>(size));
  std::memcpy(buffer, text.data(), length);
  return static_cast<int>(length);
}

}  // namespace

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "not understood" : reason;
}

BioPtr read_only_bio(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string bio_text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string certificate_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return bio_text(bio.get());
}

Secret key_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return Secret(bio_text(bio.get()));
}

std::vector<X509Ptr> read_certificates(std::string_view pem) {
  constexpr size_t kChainLimit = 16;
  std::vector<X509Ptr> out;
  const BioPtr bio = read_only_bio(pem);
  while (out.size() < kChainLimit) {
    X509Ptr next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    out.push_back(std::move(next));
  }
  ERR_clear_error();
  return out;
}

KeyPtr read_key(std::string_view pem, const Secret& passphrase) {
  const BioPtr bio = read_only_bio(pem);
  return KeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, const_cast<Secret*>(&passphrase)));
}

std::string key_words(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      return "EC P-" + std::to_string(bits);
    case EVP_PKEY_RSA:
      return "RSA " + std::to_string(bits);
    case EVP_PKEY_ED25519:
      return "Ed25519";
    default:
      return "other";
  }
}

}  // namespace postern::crypto
