#include "response/audit/proof.h"

#include <bit>
#include <string>

namespace postern::audit {
namespace {

/// The largest power of two below n (n > 1).
uint64_t split_of(uint64_t n) {
  return std::bit_floor(n - 1);
}

/// MTH(D[begin:begin+count]); begin is a multiple of the power of two that count rounds up to.
Expected<Digest> subtree(AuditStore& store, uint64_t begin, uint64_t count) {
  if (count == 0) return root_of({});
  if (std::has_single_bit(count)) {
    const auto level = static_cast<unsigned>(std::countr_zero(count));
    auto node = store.node(level, begin >> level);
    if (!node) return fail(node.error());
    if (!*node) return fail(ErrorCode::not_found, {"audit node"});
    return **node;
  }
  const uint64_t left = split_of(count);
  const auto l = subtree(store, begin, left);
  if (!l) return l;
  const auto r = subtree(store, begin + left, count - left);
  if (!r) return r;
  return inner_hash(*l, *r);
}

/// Appends what subtree() says; false on failure, which is kept in `error`.
bool add(AuditStore& store, uint64_t begin, uint64_t count, Proof& proof, Error& error) {
  const auto hash = subtree(store, begin, count);
  if (!hash) {
    error = hash.error();
    return false;
  }
  proof.push_back(*hash);
  return true;
}

// RFC 6962 section 2.1.1: PATH(m, D[n]).
bool path(AuditStore& store, uint64_t index, uint64_t begin, uint64_t count, Proof& proof, Error& error) {
  if (count == 1) return true;
  const uint64_t left = split_of(count);
  if (index < left)
    return path(store, index, begin, left, proof, error) && add(store, begin + left, count - left, proof, error);
  return path(store, index - left, begin + left, count - left, proof, error) && add(store, begin, left, proof, error);
}

// RFC 6962 section 2.1.2: SUBPROOF(m, D[n], b).
bool subproof(AuditStore& store, uint64_t from, uint64_t begin, uint64_t count, bool whole, Proof& proof,
              Error& error) {
  if (from == count) return whole || add(store, begin, count, proof, error);
  const uint64_t left = split_of(count);
  if (from <= left)
    return subproof(store, from, begin, left, whole, proof, error) &&
           add(store, begin + left, count - left, proof, error);
  return subproof(store, from - left, begin + left, count - left, false, proof, error) &&
         add(store, begin, left, proof, error);
}

}  // namespace

Expected<Digest> root_at(AuditStore& store, uint64_t size) {
  return subtree(store, 0, size);
}

Expected<Proof> inclusion_proof(AuditStore& store, uint64_t index, uint64_t size) {
  if (index >= size) return fail(ErrorCode::bad_input, {"seq", std::to_string(index + 1)});
  Proof proof;
  Error error;
  if (!path(store, index, 0, size, proof, error)) return fail(error);
  return proof;
}

Expected<Proof> consistency_proof(AuditStore& store, uint64_t from, uint64_t to) {
  if (from == 0 || from > to) return fail(ErrorCode::bad_input, {"size", std::to_string(from)});
  Proof proof;
  Error error;
  if (!subproof(store, from, 0, to, true, proof, error)) return fail(error);
  return proof;
}

bool verify_inclusion(const Digest& leaf, uint64_t index, uint64_t size, const Proof& proof, const Digest& root) {
  if (index >= size) return false;
  uint64_t node = index, last = size - 1;
  Digest hash = leaf;
  for (const Digest& sibling : proof) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      hash = inner_hash(sibling, hash);
      // The last node of a level without a sibling moves up as it is.
      while (node != 0 && (node & 1) == 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = inner_hash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

bool verify_consistency(uint64_t from, uint64_t to, const Digest& from_root, const Digest& to_root,
                        const Proof& proof) {
  if (from == 0 || from > to) return false;
  if (from == to) return proof.empty() && from_root == to_root;
  uint64_t node = from - 1, last = to - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  size_t at = 0;
  Digest old_hash = from_root;
  if (node != 0) {
    if (proof.empty()) return false;
    old_hash = proof[at++];
  }
  Digest new_hash = old_hash;
  for (; at < proof.size(); ++at) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      old_hash = inner_hash(proof[at], old_hash);
      new_hash = inner_hash(proof[at], new_hash);
      while (node != 0 && (node & 1) == 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = inner_hash(new_hash, proof[at]);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == from_root && new_hash == to_root;
}

}  // namespace postern::audit
