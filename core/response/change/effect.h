// Effects: what a change does outside the documents (the mailbox database, sessions, the machine). Run by intent:
//
//   1  the intent is written in the transaction of the change, with its audit entry
//   2  it is performed; an effect on a database writes the effect's id there in the same transaction, one outside is
//      such that doing it twice is the same as once
//   3  done or failed is written, with what was there before
//
// Whoever dies in between finds the intent at the next start and settles it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/expected.h"

namespace postern::change {

enum class EffectState : uint8_t { intended, done, failed };
std::string_view effect_state_name(EffectState state);
std::optional<EffectState> effect_state_from_name(std::string_view name);

/// What is to be done. Values before and after are the effect's own JSON.
struct EffectIntent {
  std::string verb;    ///< names the Effect
  std::string object;  ///< what it is done to
  std::string before, after;
};

struct EffectRecord {
  std::string id;  ///< random; never reused, not even after a backup was put back
  uint64_t change = 0;
  EffectIntent what;
  EffectState state = EffectState::intended;
  std::string error;  ///< code of the failure
  WallTime time = 0;  ///< of the last step
};

struct EffectOutcome {
  Expected<void> result;
  std::string before;  ///< as it was found; "" = as the intent says
};

/// One kind of effect. Implemented above; called on the admin thread.
class Effect {
 public:
  enum class Found : uint8_t { done, not_done };

  virtual ~Effect() = default;
  virtual std::string_view verb() const = 0;
  /// Was it performed? Asked at start for an intent that was left open. May wait.
  virtual Expected<Found> probe(const EffectRecord& effect) = 0;
  /// Calls `done` once, on the admin thread: at once, or later from its queue.
  virtual void perform(const EffectRecord& effect, std::function<void(EffectOutcome)> done) = 0;
  /// What takes it back; nothing when it cannot be.
  virtual std::optional<EffectIntent> inverse(const EffectRecord& effect) const = 0;
};

}  // namespace postern::change
