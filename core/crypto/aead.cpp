#include "crypto/aead.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "crypto/random.h"

namespace postern::crypto {
namespace {

const EVP_CIPHER* gcm() {
  static const EVP_CIPHER* fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return fetched;
}

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

/// One context a thread: making one costs more than encrypting a small message.
EVP_CIPHER_CTX* context() {
  thread_local std::unique_ptr<EVP_CIPHER_CTX, FreeContext> mine(EVP_CIPHER_CTX_new());
  return mine.get();
}

void check(int result) {
  if (result != 1) std::abort();
}

}  // namespace

void aead_seal(const AeadKey& key, const AeadNonce& nonce, BytesView associated, BytesView plain, Bytes& out) {
  EVP_CIPHER_CTX* cipher = context();
  const size_t at = out.size();
  out.resize(at + plain.size() + kAeadTagSize);
  int length = 0;
  check(EVP_EncryptInit_ex2(cipher, gcm(), key.data(), nonce.data(), nullptr));
  if (!associated.empty()) check(EVP_EncryptUpdate(cipher, nullptr, &length, associated.data(), static_cast<int>(associated.size())));
  if (!plain.empty()) check(EVP_EncryptUpdate(cipher, out.data() + at, &length, plain.data(), static_cast<int>(plain.size())));
  check(EVP_EncryptFinal_ex(cipher, out.data() + at + plain.size(), &length));
  check(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kAeadTagSize), out.data() + at + plain.size()));
}

bool aead_open(const AeadKey& key, const AeadNonce& nonce, BytesView associated, BytesView sealed, Bytes& out) {
  if (sealed.size() < kAeadTagSize) return false;
  EVP_CIPHER_CTX* cipher = context();
  const size_t at = out.size();
  const size_t size = sealed.size() - kAeadTagSize;
  out.resize(at + size);
  int length = 0;
  std::array<uint8_t, kAeadTagSize> tag{};
  std::copy(sealed.end() - static_cast<std::ptrdiff_t>(kAeadTagSize), sealed.end(), tag.begin());
  check(EVP_DecryptInit_ex2(cipher, gcm(), key.data(), nonce.data(), nullptr));
  bool good = EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kAeadTagSize), tag.data()) == 1;
  if (!associated.empty()) good = good && EVP_DecryptUpdate(cipher, nullptr, &length, associated.data(), static_cast<int>(associated.size())) == 1;
  if (size > 0) good = good && EVP_DecryptUpdate(cipher, out.data() + at, &length, sealed.data(), static_cast<int>(size)) == 1;
  good = good && EVP_DecryptFinal_ex(cipher, out.data() + at + size, &length) == 1;
  if (!good) out.resize(at);
  return good;
}

Bytes seal_box(const AeadKey& key, BytesView associated, BytesView plain) {
  AeadNonce nonce{};
  random_bytes(nonce);
  Bytes out(nonce.begin(), nonce.end());
  aead_seal(key, nonce, associated, plain, out);
  return out;
}

std::optional<Bytes> open_box(const AeadKey& key, BytesView associated, BytesView box) {
  if (box.size() < kAeadNonceSize + kAeadTagSize) return std::nullopt;
  AeadNonce nonce{};
  std::copy(box.begin(), box.begin() + static_cast<std::ptrdiff_t>(kAeadNonceSize), nonce.begin());
  Bytes out;
  if (!aead_open(key, nonce, associated, box.subspan(kAeadNonceSize), out)) return std::nullopt;
  return out;
}

}  // namespace postern::crypto
