// Change sets: what was changed, by whom, and what became of it. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "response/change/document.h"
#include "response/change/effect.h"

namespace postern::change {

enum class State : uint8_t {
  draft,            ///< nothing is in force
  applied,          ///< in force
  pending_confirm,  ///< in force until its deadline
  confirmed,        ///< was pending, stays
  reverted,         ///< taken back by another change
  superseded,       ///< a draft overtaken by another change, or a pending one that others build upon: stays
};
std::string_view state_name(State state);
std::optional<State> state_from_name(std::string_view name);

/// How it can be taken back.
enum class Undo : uint8_t { inverse, effect, irreversible };
std::string_view undo_name(Undo undo);
std::optional<Undo> undo_from_name(std::string_view name);

/// One document's step, in canonical JSON; absent = there is none.
struct Item {
  DocumentName name;
  std::optional<std::string> before, after;

  bool operator==(const Item&) const = default;
};

/// When a pending change reverts: by the wall clock, and within one run of the machine by the clock that does not jump,
/// whichever comes first.
struct Deadline {
  WallTime wall = 0;
  int64_t mono = 0;        ///< microseconds of the steady clock
  int64_t mono_begin = 0;  ///< when it was set
  std::string boot;        ///< run of the machine in which `mono` means something; "" = unknown

  bool operator==(const Deadline&) const = default;
};

struct ChangeSet {
  uint64_t id = 0;
  WallTime time = 0;
  std::string actor, via, reason;
  std::string action;  ///< "user.add", as in the audit
  std::string incident;
  std::string summary;  ///< "user/7 changed"
  State state = State::applied;
  Undo undo = Undo::inverse;
  std::optional<Deadline> deadline;  ///< while pending
  uint64_t undoes = 0;               ///< the change it takes back; 0 = none
  uint64_t undone_by = 0;
  std::vector<Item> items;
};

/// "user/7 changed", "user/7 added, user/8 added and 10 more".
std::string summary_of(const std::vector<Item>& items);
/// Of a change without documents: "session.kill 1234".
std::string summary_of(const std::vector<EffectIntent>& effects);
/// What the audit calls it: its summary, "change/12" when it has none.
std::string object_of(const ChangeSet& change);

}  // namespace postern::change
