#include "response/audit/head.h"

#include <algorithm>

#include "base/text.h"
#include "response/audit/octets.h"

namespace postern::audit {
namespace {

// What is signed begins with its purpose: a signature made for something else is none of a head.
constexpr std::string_view kPurpose = "postern audit head 1\n";

Bytes with_signature(const SignedHead& head) {
  Bytes out = serialise(head.head);
  put_octets(out, head.signature);
  return out;
}

}  // namespace

Bytes serialise(const Head& head) {
  Bytes out = to_bytes(kPurpose);
  put_number(out, head.size);
  put_number(out, static_cast<uint64_t>(head.time));
  for (const Digest* digest : {&head.root, &head.chain, &head.previous}) put_octets(out, *digest);
  put_octets(out, head.key);
  return out;
}

Digest digest_of(const SignedHead& head) {
  return crypto::sha256(with_signature(head));
}

SignedHead sign_head(const Head& head, const crypto::Ed25519Key& key) {
  SignedHead out{head, {}};
  out.head.key = key.public_key();
  out.signature = key.sign(serialise(out.head));
  return out;
}

bool is_genuine(const SignedHead& head, const TrustedKeys& keys) {
  return std::find(keys.begin(), keys.end(), head.head.key) != keys.end() &&
         crypto::ed25519_verify(head.head.key, serialise(head.head), head.signature);
}

std::string to_line(const SignedHead& head) {
  return hex(with_signature(head));
}

std::optional<SignedHead> parse_head(BytesView in) {
  SignedHead out;
  uint64_t time = 0;
  if (in.size() < kPurpose.size() || as_text(in.first(kPurpose.size())) != kPurpose) return std::nullopt;
  in = in.subspan(kPurpose.size());
  if (!take_number(in, out.head.size) || !take_number(in, time)) return std::nullopt;
  out.head.time = static_cast<WallTime>(time);
  for (Digest* digest : {&out.head.root, &out.head.chain, &out.head.previous})
    if (!take_octets(in, *digest)) return std::nullopt;
  if (!take_octets(in, out.head.key) || !take_octets(in, out.signature) || !in.empty()) return std::nullopt;
  return out;
}

std::optional<SignedHead> head_from_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  const auto octets = from_hex(line);
  return octets ? parse_head(*octets) : std::nullopt;
}

}  // namespace postern::audit
