#include "crypto/aead.h"

#include <algorithm>

#include "base/secret.h"
#include "crypto/openssl_types.h"
#include "crypto/random.h"

namespace postern::crypto {
namespace {

using detail::must;

constexpr size_t kOctetsPerCall = 1U << 30;  ///< OpenSSL counts in int

/// A context that has AES-256-GCM chosen already: afterwards a message costs a key schedule, no look-up, no allocation.
EVP_CIPHER_CTX* new_context(bool seal) {
  static const EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  must(algorithm != nullptr, "AES-256-GCM is not there");
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  must(context != nullptr, "no memory for a cipher");
  must(EVP_CipherInit_ex2(context, algorithm, nullptr, nullptr, seal ? 1 : 0, nullptr) == 1, "AES-256-GCM");
  return context;
}

EVP_CIPHER_CTX* sealing_context() {
  static thread_local const detail::CipherContextPtr context(new_context(true));
  return context.get();
}

EVP_CIPHER_CTX* opening_context() {
  static thread_local const detail::CipherContextPtr context(new_context(false));
  return context.get();
}

void begin(EVP_CIPHER_CTX* context, const AeadKey& key, const AeadNonce& nonce) {
  must(EVP_CipherInit_ex2(context, nullptr, key.data(), nonce.data(), -1, nullptr) == 1, "AES-256-GCM begin");
}

/// `to` is null for associated data.
void add(EVP_CIPHER_CTX* context, uint8_t* to, BytesView from) {
  while (!from.empty()) {
    const size_t count = std::min(from.size(), kOctetsPerCall);
    int written = 0;
    must(EVP_CipherUpdate(context, to, &written, from.data(), static_cast<int>(count)) == 1, "AES-256-GCM update");
    if (to != nullptr) to += count;
    from = from.subspan(count);
  }
}

}  // namespace

void aead_seal(const AeadKey& key, const AeadNonce& nonce, BytesView associated, BytesView plain, Bytes& out) {
  const size_t start = out.size();
  out.resize(start + plain.size() + kAeadTagSize);
  EVP_CIPHER_CTX* context = sealing_context();
  begin(context, key, nonce);
  add(context, nullptr, associated);
  add(context, out.data() + start, plain);
  uint8_t* const tag = out.data() + start + plain.size();
  int written = 0;
  must(EVP_CipherFinal_ex(context, tag, &written) == 1 && written == 0, "AES-256-GCM end");
  must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kAeadTagSize, tag) == 1, "AES-256-GCM tag");
}

bool aead_open(const AeadKey& key, const AeadNonce& nonce, BytesView associated, BytesView sealed, Bytes& out) {
  if (sealed.size() < kAeadTagSize) return false;
  const BytesView cipher = sealed.first(sealed.size() - kAeadTagSize);
  std::array<uint8_t, kAeadTagSize> tag;
  std::copy(sealed.end() - kAeadTagSize, sealed.end(), tag.begin());
  const size_t start = out.size();
  out.resize(start + cipher.size());
  EVP_CIPHER_CTX* context = opening_context();
  begin(context, key, nonce);
  add(context, nullptr, associated);
  add(context, out.data() + start, cipher);
  must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadTagSize, tag.data()) == 1, "AES-256-GCM tag");
  int written = 0;
  if (EVP_CipherFinal_ex(context, tag.data(), &written) == 1) return true;
  detail::take_openssl_reason();
  // What did not verify was decrypted already; nobody may see it.
  wipe(out.data() + start, cipher.size());
  out.resize(start);
  return false;
}

Bytes seal_box(const AeadKey& key, BytesView associated, BytesView plain) {
  AeadNonce nonce;
  random_bytes(std::span<uint8_t>(nonce));
  Bytes box;
  box.reserve(kAeadNonceSize + plain.size() + kAeadTagSize);
  box.assign(nonce.begin(), nonce.end());
  aead_seal(key, nonce, associated, plain, box);
  return box;
}

std::optional<Bytes> open_box(const AeadKey& key, BytesView associated, BytesView box) {
  if (box.size() < kAeadNonceSize + kAeadTagSize) return std::nullopt;
  AeadNonce nonce;
  std::copy_n(box.begin(), kAeadNonceSize, nonce.begin());
  Bytes plain;
  if (!aead_open(key, nonce, associated, box.subspan(kAeadNonceSize), plain)) return std::nullopt;
  return plain;
}

}  // namespace postern::crypto
