#include "response/change/change_set.h"

#include <algorithm>
#include <array>

namespace postern::change {
namespace {

constexpr std::array<std::string_view, 6> kStates = {"draft",     "applied",  "pending-confirm",
                                                     "confirmed", "reverted", "superseded"};
constexpr std::array<std::string_view, 3> kUndos = {"inverse", "effect", "irreversible"};
constexpr size_t kSummaryItems = 3;

template <class Enum, size_t Size>
std::optional<Enum> find_name(const std::array<std::string_view, Size>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

template <class One, class Say>
std::string first_few(const std::vector<One>& list, Say say) {
  std::string out;
  for (size_t i = 0; i < std::min(list.size(), kSummaryItems); ++i) out += (i == 0 ? "" : ", ") + say(list[i]);
  if (list.size() > kSummaryItems) out += " and " + std::to_string(list.size() - kSummaryItems) + " more";
  return out;
}

const char* step_of(const Item& item) {
  if (!item.before) return " added";
  return item.after ? " changed" : " removed";
}

}  // namespace

std::string_view state_name(State state) {
  return kStates[static_cast<size_t>(state)];
}
std::optional<State> state_from_name(std::string_view name) {
  return find_name<State>(kStates, name);
}
std::string_view undo_name(Undo undo) {
  return kUndos[static_cast<size_t>(undo)];
}
std::optional<Undo> undo_from_name(std::string_view name) {
  return find_name<Undo>(kUndos, name);
}

std::string summary_of(const std::vector<EffectIntent>& effects) {
  return first_few(effects, [](const EffectIntent& effect) { return effect.verb + " " + effect.object; });
}

std::string summary_of(const std::vector<Item>& items) {
  return first_few(items, [](const Item& item) { return item.name.to_string() + step_of(item); });
}

std::string object_of(const ChangeSet& change) {
  return change.summary.empty() ? "change/" + std::to_string(change.id) : change.summary;
}

}  // namespace postern::change
