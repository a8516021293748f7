// A signed head: "the first `size` entries have this root and this chain hash". Heads name their predecessor, so none
// can be taken out of the middle. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/ed25519.h"
#include "response/audit/entry.h"
#include "response/audit/merkle.h"

namespace postern::audit {

struct Head {
  uint64_t size = 0;
  WallTime time = 0;
  Digest root{};
  Digest chain{};
  Digest previous{};  ///< digest_of the head before; zeros for the first
  crypto::Ed25519Public key{};

  bool operator==(const Head&) const = default;
};

struct SignedHead {
  Head head;
  crypto::Ed25519Signature signature{};

  bool operator==(const SignedHead&) const = default;
};

using TrustedKeys = std::vector<crypto::Ed25519Public>;

Bytes serialise(const Head& head);
/// SHA-256 of the canonical form with its signature.
Digest digest_of(const SignedHead& head);
SignedHead sign_head(const Head& head, const crypto::Ed25519Key& key);
/// Signed by one of `keys`?
bool is_genuine(const SignedHead& head, const TrustedKeys& keys);

/// One line of text, for a file of its own: canonical form and signature in hexadecimal.
std::string to_line(const SignedHead& head);
std::optional<SignedHead> parse_head(BytesView octets);
std::optional<SignedHead> head_from_line(std::string_view line);

}  // namespace postern::audit
