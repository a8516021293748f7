// Damage that was found when the trail was opened is told of in an entry of its own: entries appended and heads signed
// later may make the trail look whole again, this entry stays. Any thread; the store's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "response/audit/verify.h"

namespace postern::audit {

constexpr const char* kDamageAction = "audit.damage";
/// The object of such an entry: "audit/10 truncated". Place and kind stand in what is hashed, not in the payload alone,
/// which can be erased.
std::string damage_object(const FirstDamage& damage);
std::optional<FirstDamage> parse_damage_object(std::string_view object);
/// What this entry tells of, when it is such an entry.
std::optional<FirstDamage> recorded_in(const Entry& entry);

/// What the newest such entry tells of. Reads from the trail's end, to its beginning when there is none.
Expected<std::optional<FirstDamage>> newest_recorded(AuditStore& store);
/// Is what check_end() finds no other damage than the recorded one?
bool tells_of(const FirstDamage& recorded, const FirstDamage& found);

}  // namespace postern::audit
