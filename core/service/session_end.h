// Ending an open session as an effect of a change: the journal and the trail say who ended which one and why.
#pragma once

#include <functional>
#include <string>

#include "postern/channel.h"
#include "postern/requests.h"
#include "response/change/effect.h"

namespace postern::service {

class AdminState;

/// "session.kill"; the object is the session's id, `after` the reason as a JSON text. It cannot be taken back. The
/// admin thread only.
class SessionEnd final : public change::Effect {
 public:
  /// Ends the session; `done`, on the admin thread, hears whether it was still open.
  using Kill = std::function<void(uint64_t session, const std::string& reason, std::function<void(bool)> done)>;

  static constexpr const char* kVerb = "session.kill";

  void set_kill(Kill kill) { kill_ = std::move(kill); }
  /// Makes the change and answers the request when the session is ended. not_found when it was gone already.
  void answer(AdminState& admin, const api::Caller& caller, const api::SessionKill& request, api::ReplyHandler reply);

  std::string_view verb() const override { return kVerb; }
  /// No session outlives the process that had it: asked after a restart, it is done.
  Expected<Found> probe(const change::EffectRecord&) override { return Found::done; }
  void perform(const change::EffectRecord& effect, std::function<void(change::EffectOutcome)> done) override;
  std::optional<change::EffectIntent> inverse(const change::EffectRecord&) const override { return std::nullopt; }

 private:
  Kill kill_;
  api::ReplyHandler reply_;  ///< of the one that is performed next
};

}  // namespace postern::service
