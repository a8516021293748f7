// An audit entry, its one canonical form, and the hashes over it. Pure functions; any thread.
//
// The entry holds who did what to which object and when; what exactly is in the payload, which stands beside the entry
// and is bound to it by a salted commitment. Chain and tree are over the entry alone, so a payload can be erased for
// good without breaking any proof.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/digest.h"

namespace postern::audit {

using crypto::Digest;

constexpr size_t kEntryFieldLimit = 1024;  ///< octets of actor, via, action and object
constexpr size_t kSaltSize = 32;           ///< octets
constexpr size_t kPayloadLimit = 1 << 20;  ///< octets

struct Entry {
  uint64_t seq = 0;  ///< from 1, without gaps
  WallTime time = 0;
  std::string actor;
  std::string via;
  std::string action;  ///< "user.add"
  std::string object;  ///< "user/7"
  Digest commitment{};

  bool operator==(const Entry&) const = default;
};

/// Replaces `out` by the canonical form: version 1, seq and time (64 bit), four fields with their 32-bit lengths, the
/// commitment; big-endian.
void serialise(const Entry& entry, Bytes& out);
Bytes serialise(const Entry& entry);
/// The inverse; nothing when a single octet is not as serialise() writes it or a field is no UTF-8 or too long.
std::optional<Entry> parse_entry(BytesView octets);

/// SHA-256(salt ‖ payload).
Digest commit_to(BytesView salt, BytesView payload);
/// The hash chain: SHA-256(0x02 ‖ previous ‖ entry). The first entry's `previous` is all zeros.
Digest link(const Digest& previous, BytesView entry);
/// The text cut to kEntryFieldLimit at a character's border, with invalid UTF-8 made visible.
std::string entry_field(std::string_view text);

}  // namespace postern::audit
