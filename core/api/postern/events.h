// What a core tells without being asked. Small, coalesced values; a lost one is made good by Resync.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "postern/fields.h"
#include "postern/replies.h"

namespace postern::api {

/// The state as a whole, at most 4 a second and only when it changed.
struct Snapshot {
  uint64_t number = 0;  ///< grows by one
  std::string time{};
  StatusReply status{};

  static constexpr std::string_view kName = "snapshot";
  POSTERN_FIELDS(Snapshot, number, time, status)
};

/// A change set got a new state.
struct ChangeMoved {
  ChangeRow change{};

  static constexpr std::string_view kName = "change moved";
  POSTERN_FIELDS(ChangeMoved, change)
};

/// Events were lost: ask again for whatever is shown.
struct Resync {
  static constexpr std::string_view kName = "resync";
  POSTERN_FIELDS(Resync)
};

}  // namespace postern::api
