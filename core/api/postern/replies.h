// What a core answers, one struct a form. The keys are a contract with scripts: fields are added, never renamed or
// removed. Times are RFC 3339 in UTC, ids are text, sizes octets. `next` is the cursor of the rest of a list, "" = that
// was all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postern/fields.h"

namespace postern::api {

/// The other side's Hello.
struct HelloReply {
  uint32_t api_major = 0;
  uint32_t api_minor = 0;
  std::string build{};
  uint32_t schema = 0;

  static constexpr std::string_view kName = "hello";
  POSTERN_FIELDS(HelloReply, api_major, api_minor, build, schema)
};

struct StatusReply {
  std::string state{};  ///< "starting", "running", "stopping", "stopped" (a core for one command)
  std::string version{};
  std::string smtp{}, pop3{};  ///< "A:P", "" = not listening
  std::string folder{};
  std::string domain{};
  std::string started{};  ///< "" = not serving
  uint64_t pid = 0;
  uint32_t schema = 0;
  uint64_t users = 0;
  uint64_t messages = 0;  ///< stored
  uint64_t octets = 0;    ///< stored
  uint64_t sessions = 0;  ///< open now
  uint64_t accepted = 0;  ///< messages accepted since the start
  uint64_t refused = 0;   ///< sessions with a refusal since the start
  uint64_t pending = 0;   ///< changes that wait for confirmation
  std::string certificate_until{};
  std::vector<std::string> warnings{};  ///< what holds now: "disk_full" and other error codes, "audit_damaged", ...

  static constexpr std::string_view kName = "status";
  POSTERN_FIELDS(StatusReply, state, version, smtp, pop3, folder, domain, started, pid, schema, users, messages, octets,
                 sessions, accepted, refused, pending, certificate_until, warnings)
};

struct StopReply {
  std::string state = "stopping";

  static constexpr std::string_view kName = "stop";
  POSTERN_FIELDS(StopReply, state)
};

struct MetricsReply {
  std::string text{};  ///< Prometheus text format

  static constexpr std::string_view kName = "metrics";
  POSTERN_FIELDS(MetricsReply, text)
};

struct UserRow {
  std::string id{};
  std::string address{};
  std::vector<std::string> aliases{};
  bool disabled = false;
  std::string level = "L0";  ///< "L0" to "L3"
  bool removed = false;
  bool has_password = false;
  uint64_t quota = 0;  ///< octets, 0 = none
  uint64_t messages = 0;
  uint64_t octets = 0;

  POSTERN_FIELDS(UserRow, id, address, aliases, disabled, level, removed, has_password, quota, messages, octets)
};

struct UsersReply {
  std::vector<UserRow> users{};
  std::optional<std::string> change{};  ///< id of the change that was made
  std::string next{};
  std::optional<std::string> weakness{};  ///< why a new password is easily guessed: "short", "common", "personal"

  static constexpr std::string_view kName = "users";
  POSTERN_FIELDS(UsersReply, users, change, next, weakness)
};

struct DocumentRow {
  std::string id{};  ///< KIND/ID
  uint64_t version = 0;
  std::string changed{};  ///< when
  std::string change{};   ///< by which change, "" = a default

  POSTERN_FIELDS(DocumentRow, id, version, changed, change)
};

struct DocumentsReply {
  std::vector<DocumentRow> documents{};
  std::string next{};

  static constexpr std::string_view kName = "documents";
  POSTERN_FIELDS(DocumentsReply, documents, next)
};

/// Its JSON is the document itself.
struct DocumentReply {
  JsonText document{};

  static constexpr std::string_view kName = "document";
  static constexpr bool kIsItsOnlyField = true;
  POSTERN_FIELDS(DocumentReply, document)
};

struct ChangeMade {
  std::string change{};                   ///< id of the change that was made
  std::optional<std::string> deadline{};  ///< reverts by itself then, unless confirmed

  static constexpr std::string_view kName = "change made";
  POSTERN_FIELDS(ChangeMade, change, deadline)
};

struct ChangeRow {
  std::string id{};
  std::string time{};
  std::string actor{};
  std::string reason{};
  std::string state{};    ///< "applied", "pending-confirm", "confirmed", "reverted", "superseded"
  std::string undo{};     ///< "inverse", "effect", "irreversible"
  std::string summary{};  ///< what it touched: "user/7 changed" (kinds and ids, no sentence)
  std::optional<std::string> deadline{};
  std::optional<std::string> undone_by{};  ///< id of the change that reverted it
  std::optional<std::string> undoes{};     ///< id of the change that it reverted

  POSTERN_FIELDS(ChangeRow, id, time, actor, reason, state, undo, summary, deadline, undone_by, undoes)
};

struct ChangesReply {
  std::vector<ChangeRow> changes{};
  std::string next{};

  static constexpr std::string_view kName = "changes";
  POSTERN_FIELDS(ChangesReply, changes, next)
};

struct ChangeItem {
  std::string kind{};
  std::string id{};
  std::optional<JsonText> before{};  ///< absent = there was none
  std::optional<JsonText> after{};   ///< absent = it was taken away

  POSTERN_FIELDS(ChangeItem, kind, id, before, after)
};

struct ChangeReply {
  std::string id{};
  std::string time{};
  std::string actor{};
  std::string via{};
  std::string reason{};
  std::string state{};
  std::string undo{};
  std::optional<std::string> deadline{};
  std::optional<std::string> undone_by{};
  std::optional<std::string> undoes{};
  std::vector<ChangeItem> items{};
  std::vector<std::string> effects{};  ///< "verb object state"

  static constexpr std::string_view kName = "change";
  POSTERN_FIELDS(ChangeReply, id, time, actor, via, reason, state, undo, deadline, undone_by, undoes, items, effects)
};

struct AuditRow {
  std::string seq{};
  std::string time{};
  std::string actor{};
  std::string via{};
  std::string action{};
  std::string object{};
  std::string commitment{};  ///< hexadecimal

  POSTERN_FIELDS(AuditRow, seq, time, actor, via, action, object, commitment)
};

struct AuditReply {
  std::vector<AuditRow> entries{};
  std::string next{};

  static constexpr std::string_view kName = "audit";
  POSTERN_FIELDS(AuditReply, entries, next)
};

struct AuditEntryReply {
  std::string seq{};
  std::string time{};
  std::string actor{};
  std::string via{};
  std::string action{};
  std::string object{};
  std::string commitment{};           ///< hexadecimal
  std::string hash{};                 ///< of the chain up to here, hexadecimal
  std::optional<JsonText> payload{};  ///< absent = erased

  static constexpr std::string_view kName = "audit entry";
  POSTERN_FIELDS(AuditEntryReply, seq, time, actor, via, action, object, commitment, hash, payload)
};

struct FirstBad {
  std::string seq{};
  std::string kind{};  ///< "edited", "deleted", "truncated", "reordered"

  POSTERN_FIELDS(FirstBad, seq, kind)
};

struct AuditVerifyReply {
  bool ok = false;
  uint64_t entries = 0;
  std::optional<FirstBad> first_bad{};  ///< only when not ok

  static constexpr std::string_view kName = "audit verify";
  POSTERN_FIELDS(AuditVerifyReply, ok, entries, first_bad)
};

struct SessionInfo {
  std::string id{};
  uint16_t port = 0;  ///< the gate: 25 or 110
  std::string address{};
  std::string user{};     ///< login address, "" = not logged in
  std::string verdict{};  ///< "pass", "defer", "refuse"
  std::string stage{};    ///< the furthest one reached
  std::string began{};
  std::optional<std::string> ended{};  ///< absent = open
  uint64_t messages = 0;
  uint64_t octets_in = 0;
  uint64_t octets_out = 0;
  std::string rule{};  ///< of the verdict that decided
  std::string why{};   ///< how it ended

  POSTERN_FIELDS(SessionInfo, id, port, address, user, verdict, stage, began, ended, messages, octets_in, octets_out,
                 rule, why)
};

struct SessionsReply {
  std::vector<SessionInfo> sessions{};
  std::string next{};

  static constexpr std::string_view kName = "sessions";
  POSTERN_FIELDS(SessionsReply, sessions, next)
};

struct StageVerdict {
  std::string gate{};
  std::string decision{};  ///< "pass", "note", "defer", "refuse"
  int32_t score = 0;
  std::string rule{};
  std::string reason{};
  uint32_t ms = 0;  ///< since the session began

  POSTERN_FIELDS(StageVerdict, gate, decision, score, rule, reason, ms)
};

struct SessionStage {
  std::string stage{};
  std::string at{};  ///< when it was reached
  uint32_t ms = 0;   ///< the same since the session began
  std::vector<StageVerdict> verdicts{};

  POSTERN_FIELDS(SessionStage, stage, at, ms, verdicts)
};

struct SessionReply {
  std::string id{};
  uint16_t port = 0;
  std::string address{};
  std::string user{};
  std::string verdict{};
  std::string helo{};
  std::string tls{};  ///< version and cipher, "" = in clear
  std::string began{};
  std::optional<std::string> ended{};
  uint64_t messages = 0;
  uint64_t octets_in = 0;
  uint64_t octets_out = 0;
  std::string why{};
  std::vector<SessionStage> stages{};  ///< those reached, in order
  std::vector<std::string>
      transcript;  ///< lines "<ms> C: text", secrets masked; empty when only the ledger's row is left
  std::vector<std::string> others{};  ///< ids of further sessions that a trace key matched, newest first

  static constexpr std::string_view kName = "session";
  POSTERN_FIELDS(SessionReply, id, port, address, user, verdict, helo, tls, began, ended, messages, octets_in,
                 octets_out, why, stages, transcript, others)
};

struct SessionKilled {
  std::string killed{};  ///< the session's id
  std::string change{};

  static constexpr std::string_view kName = "session killed";
  POSTERN_FIELDS(SessionKilled, killed, change)
};

struct CertificateReply {
  std::string subject{};
  std::string issuer{};
  std::vector<std::string> names{};
  std::string from{}, until{};
  std::string serial{};        ///< hexadecimal
  std::string sha256{};        ///< fingerprint, hexadecimal
  bool own_authority = false;  ///< made by Postern's own CA
  std::optional<std::string> change{};

  static constexpr std::string_view kName = "certificate";
  POSTERN_FIELDS(CertificateReply, subject, issuer, names, from, until, serial, sha256, own_authority, change)
};

struct AuthorityReply {
  std::string pem{};

  static constexpr std::string_view kName = "authority";
  POSTERN_FIELDS(AuthorityReply, pem)
};

}  // namespace postern::api
