#include "crypto/digest.h"

#include <openssl/core_names.h>

#include "crypto/openssl_types.h"

namespace postern::crypto {
namespace {

using detail::must;

/// Fetched once for the process: a look-up by name at each call costs more than hashing a short text.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  must(algorithm != nullptr, "SHA-256 is not there");
  return algorithm;
}

void begin(EVP_MD_CTX* context) {
  must(EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) == 1, "SHA-256 begin");
}

void add(EVP_MD_CTX* context, BytesView data) {
  must(EVP_DigestUpdate(context, data.data(), data.size()) == 1, "SHA-256 update");
}

Digest end(EVP_MD_CTX* context) {
  Digest digest;
  unsigned size = 0;
  must(EVP_DigestFinal_ex(context, digest.data(), &size) == 1 && size == digest.size(), "SHA-256 end");
  return digest;
}

EVP_MD_CTX* new_context() {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  must(context != nullptr, "no memory for a digest");
  return context;
}

/// One context a thread serves every one-shot digest.
EVP_MD_CTX* thread_digest() {
  static thread_local const detail::DigestContextPtr context(new_context());
  return context.get();
}

EVP_MAC_CTX* new_hmac() {
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  must(algorithm != nullptr, "HMAC is not there");
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(algorithm);
  must(context != nullptr, "no memory for an HMAC");
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  must(EVP_MAC_CTX_set_params(context, parameters) == 1, "HMAC-SHA-256");
  return context;
}

EVP_MAC_CTX* thread_hmac() {
  static thread_local const detail::MacContextPtr context(new_hmac());
  return context.get();
}

}  // namespace

Digest sha256(BytesView data) {
  return sha256({data});
}

Digest sha256(std::initializer_list<BytesView> parts) {
  EVP_MD_CTX* context = thread_digest();
  begin(context);
  for (const BytesView part : parts) add(context, part);
  return end(context);
}

Digest hmac_sha256(BytesView key, BytesView data) {
  return hmac_sha256(key, {data});
}

Digest hmac_sha256(BytesView key, std::initializer_list<BytesView> parts) {
  static constexpr uint8_t kNoKey = 0;  // a null pointer would keep the key of the call before
  EVP_MAC_CTX* context = thread_hmac();
  must(EVP_MAC_init(context, key.empty() ? &kNoKey : key.data(), key.size(), nullptr) == 1, "HMAC begin");
  for (const BytesView part : parts) must(EVP_MAC_update(context, part.data(), part.size()) == 1, "HMAC update");
  Digest digest;
  size_t size = 0;
  must(EVP_MAC_final(context, digest.data(), &size, digest.size()) == 1 && size == digest.size(), "HMAC end");
  return digest;
}

struct Sha256::State {
  detail::DigestContextPtr context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  state_->context.reset(new_context());
  begin(state_->context.get());
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(BytesView data) {
  add(state_->context.get(), data);
}

Digest Sha256::finish() {
  const Digest digest = end(state_->context.get());
  begin(state_->context.get());
  return digest;
}

}  // namespace postern::crypto
