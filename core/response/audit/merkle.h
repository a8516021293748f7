// The Merkle tree over the entries, as in RFC 6962 section 2.1: leaf SHA-256(0x00 ‖ entry), inner node
// SHA-256(0x01 ‖ left ‖ right), a tree that is not full is split at the largest power of two below its size.
// A node (level, index) stands for the leaves [index << level, (index + 1) << level). Pure functions; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "crypto/digest.h"

namespace postern::audit {

using crypto::Digest;

Digest leaf_hash(BytesView entry);
Digest inner_hash(const Digest& left, const Digest& right);

/// The tree's right edge: all that is needed to go on. One full subtree for each set bit of `size`, largest first.
struct Frontier {
  uint64_t size = 0;
  std::vector<Digest> peaks;
  Digest chain{};  ///< of the last entry; zeros when empty

  bool operator==(const Frontier&) const = default;
};

/// Told of each node that is complete now: the leaf first, then inner nodes upwards.
using NodeSink = std::function<void(unsigned level, uint64_t index, const Digest& hash)>;

void add_leaf(Frontier& frontier, const Digest& leaf, const NodeSink& sink);
/// SHA-256 of nothing for the empty tree.
Digest root_of(const Frontier& frontier);

}  // namespace postern::audit
