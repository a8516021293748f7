#include "crypto/ed25519.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "crypto/random.h"

namespace postern::crypto {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

constexpr size_t kSeedSize = 32;

Key private_key(const Secret& seed) {
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.reveal_bytes().data(), seed.size()));
}

}  // namespace

Ed25519Key Ed25519Key::generate() {
  std::string seed(kSeedSize, '\0');
  random_bytes(std::span(reinterpret_cast<uint8_t*>(seed.data()), seed.size()));
  return Ed25519Key(Secret(std::move(seed)));
}

Expected<Ed25519Key> Ed25519Key::from_seed(BytesView seed) {
  if (seed.size() != kSeedSize) return fail(ErrorCode::key_wrong, {"Ed25519 seed"});
  return Ed25519Key(Secret(to_string(seed)));
}

Ed25519Public Ed25519Key::public_key() const {
  Ed25519Public out{};
  size_t size = out.size();
  if (EVP_PKEY_get_raw_public_key(private_key(seed_).get(), out.data(), &size) != 1) std::abort();
  return out;
}

Ed25519Signature Ed25519Key::sign(BytesView message) const {
  Ed25519Signature out{};
  size_t size = out.size();
  const Key key = private_key(seed_);
  const Context context(EVP_MD_CTX_new());
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) std::abort();
  if (EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) != 1) std::abort();
  return out;
}

bool ed25519_verify(const Ed25519Public& key, BytesView message, const Ed25519Signature& signature) {
  const Key pkey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const Context context(EVP_MD_CTX_new());
  if (!pkey || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace postern::crypto
