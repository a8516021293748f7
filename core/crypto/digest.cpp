#include "crypto/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

namespace postern::crypto {
namespace {
const EVP_MD* md() {
  static const EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}
}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};
Sha256::Sha256() : state_(std::make_unique<State>()) { EVP_DigestInit_ex2(state_->context, md(), nullptr); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
void Sha256::update(BytesView data) { EVP_DigestUpdate(state_->context, data.data(), data.size()); }
Digest Sha256::finish() {
  Digest out{};
  unsigned length = 0;
  EVP_DigestFinal_ex(state_->context, out.data(), &length);
  EVP_DigestInit_ex2(state_->context, md(), nullptr);
  return out;
}
Digest sha256(std::initializer_list<BytesView> parts) {
  thread_local Sha256 hash;
  for (BytesView part : parts) hash.update(part);
  return hash.finish();
}
Digest sha256(BytesView data) { return sha256({data}); }
Digest hmac_sha256(BytesView key, std::initializer_list<BytesView> parts) {
  std::array<uint8_t, 64> inner{}, outer{};
  Digest hashed{};
  if (key.size() > 64) {
    hashed = sha256(key);
    key = hashed;
  }
  for (size_t i = 0; i < 64; ++i) {
    const uint8_t octet = i < key.size() ? key[i] : uint8_t{0};
    inner[i] = octet ^ 0x36;
    outer[i] = octet ^ 0x5c;
  }
  Sha256 hash;
  hash.update(inner);
  for (BytesView part : parts) hash.update(part);
  const Digest first = hash.finish();
  return sha256({BytesView(outer), BytesView(first)});
}
Digest hmac_sha256(BytesView key, BytesView data) { return hmac_sha256(key, {data}); }

}  // namespace postern::crypto
