#include "service/session_end.h"

#include <utility>

#include "base/json.h"
#include "observe/session_id.h"
#include "service/admin/admin_state.h"

namespace postern::service {
namespace {

constexpr const char* kReason = "ended by an administrator";

std::string reason_in(const std::string& json) {
  const auto parsed = parse_json(json);
  return parsed && parsed->is_string() && !parsed->get<std::string>().empty() ? parsed->get<std::string>() : kReason;
}

}  // namespace

void SessionEnd::answer(AdminState& admin, const api::Caller& caller, const api::SessionKill& request,
                        api::ReplyHandler reply) {
  reply_ = std::move(reply);
  const auto made = admin.perform(caller, request.reason, {kVerb, request.id, "null", dump_json(Json(request.reason))});
  if (made) return;
  if (const auto waiting = std::exchange(reply_, nullptr)) waiting(made.error());
}

void SessionEnd::perform(const change::EffectRecord& effect, std::function<void(change::EffectOutcome)> done) {
  const auto reply = std::exchange(reply_, nullptr);
  const std::string id = effect.what.object;
  auto ended = [reply, done = std::move(done), id, change = effect.change](bool found) {
    const Error gone{ErrorCode::not_found, {"session " + id}};
    done({found ? Expected<void>() : Expected<void>(fail(gone)), {}});
    if (!reply) return;
    if (found)
      reply(api::SessionKilled{id, std::to_string(change)});
    else
      reply(gone);
  };
  const auto session = observe::parse_session_id(id);
  if (!session || !kill_) return ended(false);
  kill_(*session, reason_in(effect.what.after), std::move(ended));
}

}  // namespace postern::service
