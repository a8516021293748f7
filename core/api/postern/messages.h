// The one facade: requests, replies and events of a core, as variants. The only things that cross between a core and
// the console or the command line, moved in process or as JSON over the control socket (codec.h). Plain values; any
// thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "postern/caller.h"
#include "postern/error.h"
#include "postern/events.h"
#include "postern/replies.h"
#include "postern/requests.h"

namespace postern::api {

/// Version of these messages. A new major may mean anything; a new minor only adds fields and requests.
constexpr uint32_t kApiMajor = 1;
constexpr uint32_t kApiMinor = 0;

using Request = std::variant<Status, Hello, Stop, Metrics, UserAdd, UserList, UserShow, UserSet, UserRemove,
                             UserRestore, DocumentList, DocumentGet, DocumentSet, ChangeList, ChangeShow, ChangeUndo,
                             ChangeConfirm, AuditList, AuditShow, AuditVerify, SessionList, SessionShow, SessionKill,
                             TraceSession, CertificateImport, CertificateShow, CertificateAuthority>;

using Reply =
    std::variant<Error, HelloReply, StatusReply, StopReply, MetricsReply, UsersReply, DocumentsReply, DocumentReply,
                 ChangeMade, ChangesReply, ChangeReply, AuditReply, AuditEntryReply, AuditVerifyReply, SessionsReply,
                 SessionReply, SessionKilled, CertificateReply, AuthorityReply>;

using Event = std::variant<Resync, Snapshot, ChangeMoved>;

inline const RequestInfo& info_of(const Request& request) {
  return std::visit([](const auto& r) -> const RequestInfo& { return std::decay_t<decltype(r)>::kInfo; }, request);
}
/// What stands for all requests, in the variant's order.
std::span<const RequestInfo> all_requests();

/// The reply's error, or nullptr.
inline const Error* error_of(const Reply& reply) {
  return std::get_if<Error>(&reply);
}

/// "user set user=a@b.example password=*** quota=0": for log, change log and debugging. Secret fields are masked,
/// absent and empty ones left out, control characters escaped, values beyond 256 octets cut.
std::string describe(const Request& request);

/// Overwrites the secret fields; to be called once a request has been dealt with.
void wipe_secrets(Request& request) noexcept;

}  // namespace postern::api
