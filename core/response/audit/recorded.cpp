#include "response/audit/recorded.h"

#include <charconv>

namespace postern::audit {
namespace {

constexpr std::string_view kPrefix = "audit/";

}  // namespace

std::string damage_object(const FirstDamage& damage) {
  return std::string(kPrefix) + std::to_string(damage.seq) + " " + damage_name(damage.kind);
}

std::optional<FirstDamage> parse_damage_object(std::string_view object) {
  if (object.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  object.remove_prefix(kPrefix.size());
  FirstDamage out;
  const auto [end, error] = std::from_chars(object.data(), object.data() + object.size(), out.seq);
  if (error != std::errc() || out.seq == 0) return std::nullopt;
  if (object.front() == '0') return std::nullopt;  // written in one way only
  object.remove_prefix(static_cast<size_t>(end - object.data()));
  for (const Damage kind : {Damage::edited, Damage::deleted, Damage::truncated, Damage::reordered}) {
    out.kind = kind;
    if (object == std::string(" ") + damage_name(kind)) return out;
  }
  return std::nullopt;
}

std::optional<FirstDamage> recorded_in(const Entry& entry) {
  return entry.action == kDamageAction ? parse_damage_object(entry.object) : std::nullopt;
}

Expected<std::optional<FirstDamage>> newest_recorded(AuditStore& store) {
  std::optional<FirstDamage> out;
  auto read = store.read_entries(UINT64_MAX, true, false, [&out](const StoredEntry& row) {
    out = recorded_in(row.entry);
    return !out;
  });
  if (!read) return fail(read.error());
  return out;
}

bool tells_of(const FirstDamage& recorded, const FirstDamage& found) {
  if (recorded.seq > found.seq) return false;
  // The end moves on with each entry appended, and once the trail has grown beyond what was cut away, that is missed as
  // a head the trail does not have.
  if (recorded.kind == Damage::truncated) return true;
  // What is edited at the end moves with it; a lost head has its place.
  return recorded == found || (recorded.kind == Damage::edited && found.kind == Damage::edited);
}

}  // namespace postern::audit
