// PKCS #12 (RFC 7292). Walked bag by bag: PKCS12_parse bounds no work and drops all keys but the first.
#include <openssl/err.h>
#include <openssl/provider.h>

#include "crypto/certificate_parts.h"

namespace postern::crypto {
namespace {

using namespace detail;

constexpr int kMaxNesting = 4;  ///< bags in bags; nobody writes more than one
constexpr const char* kNotPfx = "not a PKCS #12 file";
constexpr const char* kWrongPassphrase = "the passphrase does not open the file";
constexpr const char* kTooMuchWork = "the file asks for too many rounds of key stretching";
constexpr const char* kUnknownCipher = "the file's encryption is not known here";

inline void free_safes(STACK_OF(PKCS7) * safes) {
  sk_PKCS7_pop_free(safes, PKCS7_free);
}
inline void free_bags(STACK_OF(PKCS12_SAFEBAG) * bags) {
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}
using SafesPtr = Owned<STACK_OF(PKCS7), free_safes>;
using BagsPtr = Owned<STACK_OF(PKCS12_SAFEBAG), free_bags>;
using ProviderPtr = Owned<OSSL_PROVIDER, OSSL_PROVIDER_unload>;
using LibraryPtr = Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;

/// One pass over a file with one set of algorithms.
struct Walk {
  OSSL_LIB_CTX* library;
  const std::string& source;
  CertificateParts& parts;
  const char* passphrase = nullptr;  ///< null and "" are different passphrases here (RFC 7292 appendix B.1)
  int size = 0;

  Expected<void> bags(const STACK_OF(PKCS12_SAFEBAG) * bags, int depth);
  Expected<void> bag(const PKCS12_SAFEBAG* bag, int depth);
  Expected<void> shrouded_key(const PKCS12_SAFEBAG* bag);
  Expected<void> safe(PKCS7* safe);
};

Expected<void> Walk::shrouded_key(const PKCS12_SAFEBAG* bag) {
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, nullptr);
  if (!stretching_is_bounded(algorithm)) return broken(source, kTooMuchWork);
  const Pkcs8Ptr info(PKCS12_decrypt_skey_ex(bag, passphrase, size, library, nullptr));
  return add_key(KeyPtr(info ? EVP_PKCS82PKEY_ex(info.get(), library, nullptr) : nullptr), kUnknownCipher, source,
                 parts);
}

Expected<void> Walk::bag(const PKCS12_SAFEBAG* bag, int depth) {
  switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag:
      return add_key(KeyPtr(EVP_PKCS82PKEY_ex(PKCS12_SAFEBAG_get0_p8inf(bag), library, nullptr)), "the key is damaged",
                     source, parts);
    case NID_pkcs8ShroudedKeyBag:
      return shrouded_key(bag);
    case NID_certBag:
      if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) return {};
      return add_certificate(CertificatePtr(PKCS12_SAFEBAG_get1_cert(bag)), source, parts);
    case NID_safeContentsBag:
      if (depth >= kMaxNesting) return broken(source, "bags are nested too deeply");
      return bags(PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
    default:
      return {};
  }
}

Expected<void> Walk::bags(const STACK_OF(PKCS12_SAFEBAG) * all, int depth) {
  for (int i = 0; i < sk_PKCS12_SAFEBAG_num(all); ++i) {
    if (auto walked = bag(sk_PKCS12_SAFEBAG_value(all, i), depth); !walked) return walked;
  }
  return {};
}

Expected<void> Walk::safe(PKCS7* safe) {
  BagsPtr contents;
  if (PKCS7_type_is_data(safe)) {
    contents.reset(PKCS12_unpack_p7data(safe));
  } else if (PKCS7_type_is_encrypted(safe)) {
    if (safe->d.encrypted == nullptr) return broken(source, kNotPfx);
    if (!stretching_is_bounded(safe->d.encrypted->enc_data->algorithm)) return broken(source, kTooMuchWork);
    contents.reset(PKCS12_unpack_p7encdata(safe, passphrase, size));
  } else {
    return {};  // enveloped for a public key (RFC 7292 section 4.1): nothing that we could open
  }
  if (!contents) {
    take_openssl_reason();
    return broken(source, kUnknownCipher);
  }
  return bags(contents.get(), 0);
}

/// Which of the two empty passphrases it is, or whether the one given is right.
Expected<void> check_passphrase(PKCS12* file, const std::string& given, Walk& walk) {
  walk.passphrase = given.empty() ? nullptr : given.c_str();
  walk.size = static_cast<int>(given.size());
  if (PKCS12_mac_present(file) != 1) return {};
  const ASN1_INTEGER* rounds = nullptr;
  PKCS12_get0_mac(nullptr, nullptr, nullptr, &rounds, file);
  if (!rounds_are_bounded(rounds)) return broken(walk.source, kTooMuchWork);
  bool right = PKCS12_verify_mac(file, walk.passphrase, walk.size) == 1;
  if (!right && given.empty()) {
    walk.passphrase = "";
    right = PKCS12_verify_mac(file, walk.passphrase, 0) == 1;
  }
  take_openssl_reason();
  if (!right) return broken(walk.source, kWrongPassphrase);
  return {};
}

Expected<void> read_pfx(BytesView octets, const std::string& passphrase, Walk walk) {
  PKCS12* raw = PKCS12_init_ex(NID_pkcs7_data, walk.library, nullptr);
  const uint8_t* at = octets.data();
  const bool parsed = d2i_PKCS12(&raw, &at, static_cast<long>(octets.size())) != nullptr;
  const Pkcs12Ptr file(parsed ? raw : nullptr);  // a failed parse has freed it
  const SafesPtr safes(file ? PKCS12_unpack_authsafes(file.get()) : nullptr);
  if (!safes) {
    take_openssl_reason();
    return broken(walk.source, kNotPfx);
  }
  if (auto checked = check_passphrase(file.get(), passphrase, walk); !checked) return checked;
  for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) {
    if (auto walked = walk.safe(sk_PKCS7_value(safes.get(), i)); !walked) return walked;
  }
  return {};
}

bool cipher_was_unknown(const Expected<void>& result) {
  return !result && result.error().args.size() == 2 && result.error().args[1] == kUnknownCipher;
}

/// RC2 and short keys live in a library of their own for as long as one file is read: nothing else may find them.
Expected<CertificateBundle> import_with_legacy(BytesView file, const std::string& passphrase, WallTime now,
                                               const std::string& source) {
  const LibraryPtr library(OSSL_LIB_CTX_new());
  must(library != nullptr, "no memory for a library context");
  const ProviderPtr modern(OSSL_PROVIDER_load(library.get(), "default"));
  const ProviderPtr legacy(OSSL_PROVIDER_load(library.get(), "legacy"));
  if (!modern || !legacy) {
    take_openssl_reason();
    return broken(source, kUnknownCipher);
  }
  CertificateParts parts;
  auto read = read_pfx(file, passphrase, Walk{library.get(), source, parts});
  if (!read) return fail(std::move(read.error()));
  return assemble(parts, now, source);
}

}  // namespace

Expected<CertificateBundle> import_pfx(BytesView file, const Secret& passphrase, WallTime now,
                                       const std::string& source) {
  if (file.size() > kMaxCertificateFile) return broken(source, "the file is too large");
  ERR_clear_error();
  std::string text(passphrase.reveal());
  CertificateParts parts;
  auto read = read_pfx(file, text, Walk{nullptr, source, parts});
  auto result = !read && !cipher_was_unknown(read) ? Expected<CertificateBundle>(fail(read.error()))
                : read                             ? assemble(parts, now, source)
                                                   : import_with_legacy(file, text, now, source);
  wipe(text);
  return result;
}

}  // namespace postern::crypto
