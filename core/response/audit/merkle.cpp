#include "response/audit/merkle.h"

namespace postern::audit {
namespace {

constexpr uint8_t kLeafTag[] = {0};
constexpr uint8_t kInnerTag[] = {1};

}  // namespace

Digest leaf_hash(BytesView entry) {
  return crypto::sha256({kLeafTag, entry});
}

Digest inner_hash(const Digest& left, const Digest& right) {
  return crypto::sha256({kInnerTag, left, right});
}

void add_leaf(Frontier& frontier, const Digest& leaf, const NodeSink& sink) {
  Digest hash = leaf;
  uint64_t index = frontier.size;
  if (sink) sink(0, index, hash);
  // Each trailing one of the size is a full subtree of that height: it and the new one make the next.
  for (unsigned level = 1; (index & 1) != 0; ++level) {
    hash = inner_hash(frontier.peaks.back(), hash);
    frontier.peaks.pop_back();
    index >>= 1;
    if (sink) sink(level, index, hash);
  }
  frontier.peaks.push_back(hash);
  ++frontier.size;
}

Digest root_of(const Frontier& frontier) {
  if (frontier.peaks.empty()) return crypto::sha256(BytesView());
  Digest hash = frontier.peaks.back();
  for (size_t i = frontier.peaks.size() - 1; i > 0; --i) hash = inner_hash(frontier.peaks[i - 1], hash);
  return hash;
}

}  // namespace postern::audit
