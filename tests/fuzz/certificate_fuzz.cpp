// Certificate files of strangers: PEM, PKCS #12, trust anchors. What is accepted has to serve and to survive a second
// import unchanged. Input: one octet for the way in, the rest is the file; the passphrase is always "secret".
#include <cstdint>
#include <cstdlib>

#include "crypto/certificate.h"
#include "crypto/tls.h"

using namespace postern;
using namespace postern::crypto;

namespace {

constexpr WallTime kNow = 1'800'000'000 * kMicrosPerSecond;  // January 2027, within the seeds' lives

enum Way : uint8_t { pem, pem_in_two, pfx, describe, anchors, authority, kWays };

void require(bool condition) {
  if (!condition) std::abort();
}

void check_refusal(const Error& error) {
  require(!error.args.empty());
  switch (error.code) {
    case ErrorCode::certificate_broken:
      require(error.args.size() == 2 && !error.args[1].empty());
      break;
    case ErrorCode::certificate_expired:
      require(error.args.size() == 2 && parse_rfc3339(error.args[1]).has_value());
      break;
    default:
      require(error.code == ErrorCode::certificate_mismatch);
  }
}

void check(const Expected<CertificateBundle>& bundle) {
  if (!bundle) return check_refusal(bundle.error());
  const auto again = import_pem(bundle->chain_pem, bundle->key_pem.reveal(), Secret(), kNow, "again");
  require(again.has_value() && again->chain_pem == bundle->chain_pem);
  require(again->key_pem.reveal() == bundle->key_pem.reveal());
  const auto info = describe_certificate(bundle->chain_pem);
  require(info.has_value() && info->not_before <= kNow && info->not_after >= kNow);
  require(TlsContext::server(*bundle, false).has_value());
}

void check_description(std::string_view text) {
  const auto info = describe_certificate(text);
  if (!info) return check_refusal(info.error());
  require(info->sha256.size() == 64 && !info->key.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const BytesView file(data + 1, size - 1);
  const std::string_view text = as_text(file);
  const Secret passphrase("secret");
  switch (data[0] % kWays) {
    case pem:
      check(import_pem(text, "", passphrase, kNow, "file"));
      break;
    case pem_in_two:
      check(import_pem(text.substr(0, text.size() / 2), text.substr(text.size() / 2), passphrase, kNow, "file"));
      break;
    case pfx:
      check(import_pfx(file, passphrase, kNow, "file"));
      break;
    case describe:
      check_description(text);
      break;
    case anchors:
      (void)TlsContext::client(std::string(text), "mx.example.org");
      break;
    case authority:
      if (const auto leaf = issue_leaf({std::string(text), Secret(std::string(text))}, {"mx.example.org"}, {}, kNow)) {
        require(describe_certificate(leaf->chain_pem)->names.size() == 1);
      }
      break;
    default:
      break;
  }
  return 0;
}
