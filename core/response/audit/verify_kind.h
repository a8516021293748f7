// What happened to an entry that is not what it should be. Private to response/audit.
#pragma once

#include "response/audit/verify.h"

namespace postern::audit {

/// The row at place `seq` does not fit. `found` is what stands there, nothing when there is no such row. Looks through
/// the whole trail; called once.
Expected<Damage> kind_of_damage(AuditStore& store, uint64_t seq, const std::optional<Entry>& found);

}  // namespace postern::audit
