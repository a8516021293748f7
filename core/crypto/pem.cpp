// Reading PEM (RFC 7468) block by block. OpenSSL's own readers of whole files stop at the first thing they do not
// expect and ask the terminal for a passphrase; here every block is looked at and nobody is asked.
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "crypto/certificate_parts.h"

namespace postern::crypto::detail {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr const char* kNeedsPassphrase = "the key is encrypted and no passphrase was given";
constexpr const char* kWrongPassphrase = "the passphrase does not open the key";
constexpr const char* kDamagedKey = "the key is damaged";
constexpr const char* kTooMuchWork = "the key asks for too many rounds of key stretching";

/// One block between BEGIN and END, in OpenSSL's memory.
struct Block {
  char* name = nullptr;
  char* header = nullptr;
  uint8_t* data = nullptr;
  long size = 0;

  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<size_t>(size));
  }
  bool is(std::string_view text) const { return name == text; }
};

int give_passphrase(char* buffer, int size, int, void* secret) {
  const auto text = static_cast<const Secret*>(secret)->reveal();
  if (text.empty() || text.size() > static_cast<size_t>(size)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

KeyPtr read_pkcs8(const Block& block) {
  const uint8_t* at = block.data;
  const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, block.size));
  return KeyPtr(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
}

Expected<void> add_encrypted(const Block& block, const Secret& passphrase, const std::string& source,
                             CertificateParts& parts) {
  const uint8_t* at = block.data;
  const Owned<X509_SIG, X509_SIG_free> sealed(d2i_X509_SIG(nullptr, &at, block.size));
  if (!sealed) return add_key(nullptr, kDamagedKey, source, parts);
  if (passphrase.empty()) return broken(source, kNeedsPassphrase);
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(sealed.get(), &algorithm, nullptr);
  if (!stretching_is_bounded(algorithm)) return broken(source, kTooMuchWork);
  const auto text = passphrase.reveal();
  const Pkcs8Ptr info(PKCS8_decrypt(sealed.get(), text.data(), static_cast<int>(text.size())));
  return add_key(KeyPtr(info ? EVP_PKCS82PKEY(info.get()) : nullptr), kWrongPassphrase, source, parts);
}

/// "RSA PRIVATE KEY" and "EC PRIVATE KEY", possibly encrypted by PEM's own header (RFC 1421).
Expected<void> add_old_form(Block& block, int type, const Secret& passphrase, const std::string& source,
                            CertificateParts& parts) {
  EVP_CIPHER_INFO cipher;
  if (PEM_get_EVP_CIPHER_INFO(block.header, &cipher) != 1) return add_key(nullptr, kDamagedKey, source, parts);
  const bool encrypted = cipher.cipher != nullptr;
  if (encrypted) {
    if (passphrase.empty()) return broken(source, kNeedsPassphrase);
    void* const secret = const_cast<Secret*>(&passphrase);  // the callback's type knows no const
    if (PEM_do_header(&cipher, block.data, &block.size, give_passphrase, secret) != 1) {
      return add_key(nullptr, kWrongPassphrase, source, parts);
    }
  }
  const uint8_t* at = block.data;
  KeyPtr key(d2i_PrivateKey(type, nullptr, &at, block.size));
  return add_key(std::move(key), encrypted ? kWrongPassphrase : kDamagedKey, source, parts);
}

CertificatePtr read_certificate(const Block& block) {
  const uint8_t* at = block.data;
  CertificatePtr certificate(block.is(PEM_STRING_X509_TRUSTED) ? d2i_X509_AUX(nullptr, &at, block.size)
                                                               : d2i_X509(nullptr, &at, block.size));
  return at == block.data + block.size ? std::move(certificate) : nullptr;
}

Expected<void> add_block(Block& block, const Secret& passphrase, const std::string& source, CertificateParts& parts) {
  if (block.is(PEM_STRING_X509) || block.is(PEM_STRING_X509_OLD) || block.is(PEM_STRING_X509_TRUSTED)) {
    return add_certificate(read_certificate(block), source, parts);
  }
  if (block.is(PEM_STRING_PKCS8INF)) return add_key(read_pkcs8(block), kDamagedKey, source, parts);
  if (block.is(PEM_STRING_PKCS8)) return add_encrypted(block, passphrase, source, parts);
  if (block.is(PEM_STRING_RSA)) return add_old_form(block, EVP_PKEY_RSA, passphrase, source, parts);
  if (block.is(PEM_STRING_ECPRIVATEKEY)) return add_old_form(block, EVP_PKEY_EC, passphrase, source, parts);
  if (block.is(PEM_STRING_DSA)) return broken(source, "DSA keys are not usable");
  return {};  // EC PARAMETERS, requests, revocation lists
}

}  // namespace

Expected<void> read_pem(std::string_view text, const Secret& passphrase, const std::string& source,
                        CertificateParts& parts) {
  if (text.size() > kMaxCertificateFile) return broken(source, "the file is too large");
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (text.empty()) return {};
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  must(bio != nullptr, "no memory for a PEM reader");
  ERR_clear_error();
  for (;;) {
    Block block;
    if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.size) != 1) {
      const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
      const char* const reason = take_openssl_reason();
      if (at_end) return {};
      return broken(source, std::string("a PEM block is damaged: ") + reason);
    }
    if (auto added = add_block(block, passphrase, source, parts); !added) return added;
  }
}

}  // namespace postern::crypto::detail
