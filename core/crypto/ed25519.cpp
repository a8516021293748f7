#include "crypto/ed25519.h"

#include "crypto/openssl_types.h"
#include "crypto/random.h"

namespace postern::crypto {
namespace {

using detail::must;

constexpr size_t kSeedSize = 32;  ///< RFC 8032 section 5.1.5

detail::KeyPtr private_key(const Secret& seed) {
  const BytesView octets = seed.reveal_bytes();
  detail::KeyPtr key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets.data(), octets.size()));
  must(key != nullptr, "Ed25519 key");
  return key;
}

}  // namespace

Ed25519Key Ed25519Key::generate() {
  std::string seed(kSeedSize, '\0');
  random_bytes(std::span<uint8_t>(reinterpret_cast<uint8_t*>(seed.data()), seed.size()));
  return Ed25519Key(Secret(std::move(seed)));
}

Expected<Ed25519Key> Ed25519Key::from_seed(BytesView seed) {
  if (seed.size() != kSeedSize) return fail(ErrorCode::bad_input, {"Ed25519 seed", "not 32 octets"});
  return Ed25519Key(Secret(to_string(seed)));
}

Ed25519Public Ed25519Key::public_key() const {
  Ed25519Public key;
  size_t size = key.size();
  must(EVP_PKEY_get_raw_public_key(private_key(seed_).get(), key.data(), &size) == 1, "Ed25519 public key");
  return key;
}

Ed25519Signature Ed25519Key::sign(BytesView message) const {
  const detail::KeyPtr key = private_key(seed_);
  const detail::DigestContextPtr context(EVP_MD_CTX_new());
  Ed25519Signature signature;
  size_t size = signature.size();
  must(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1,
       "Ed25519 signature");
  return signature;
}

bool ed25519_verify(const Ed25519Public& key, BytesView message, const Ed25519Signature& signature) {
  const detail::KeyPtr peer(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const detail::DigestContextPtr context(EVP_MD_CTX_new());
  const bool good =
      peer != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, peer.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  if (!good) detail::take_openssl_reason();
  return good;
}

}  // namespace postern::crypto
