// Proofs as in RFC 6962 sections 2.1.1 and 2.1.2: that an entry is in the trail a head stands for, and that a later
// trail only added to an earlier one. Making them takes the stored nodes; checking them takes nothing but hashes.
#pragma once

#include <vector>

#include "base/expected.h"
#include "response/audit/audit_store.h"

namespace postern::audit {

using Proof = std::vector<Digest>;

/// Root of the first `size` entries. not_found when a node is missing.
Expected<Digest> root_at(AuditStore& store, uint64_t size);
/// For the leaf with this index (seq - 1) in the tree of `size` leaves. bad_input unless index < size.
Expected<Proof> inclusion_proof(AuditStore& store, uint64_t index, uint64_t size);
/// bad_input unless 0 < from <= to.
Expected<Proof> consistency_proof(AuditStore& store, uint64_t from, uint64_t to);

bool verify_inclusion(const Digest& leaf, uint64_t index, uint64_t size, const Proof& proof, const Digest& root);
bool verify_consistency(uint64_t from, uint64_t to, const Digest& from_root, const Digest& to_root, const Proof& proof);

}  // namespace postern::audit
