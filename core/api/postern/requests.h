// The requests a core understands, one struct a verb. `kInfo` says its name, role and undo class; `Answer` is the reply
// it gets when it succeeds (else Error). Times are RFC 3339, ids are text, sizes octets. A state change takes a
// `reason`. Lists are asked for by cursor: "" = from the start, else `next` of the reply before; `limit` 0 = as many as
// fit. Every member has its default, so that a message can be written with only the fields that matter named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "postern/caller.h"
#include "postern/fields.h"
#include "postern/replies.h"

namespace postern::api {

/// First message of each side on the control socket.
struct Hello {
  uint32_t api_major = 0;
  uint32_t api_minor = 0;
  std::string build{};  ///< the program's version
  uint32_t schema = 0;  ///< version of the data folder's schema; 0 = the side has none

  using Answer = HelloReply;
  static constexpr RequestInfo kInfo{"hello", Role::auditor, UndoClass::none,
                                     "opens the control channel; sent by the channel itself"};
  POSTERN_FIELDS(Hello, api_major, api_minor, build, schema)
};

struct Status {
  using Answer = StatusReply;
  static constexpr RequestInfo kInfo{"status", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(Status)
};

/// Ends the serving process. Answered before it stops.
struct Stop {
  using Answer = StopReply;
  static constexpr RequestInfo kInfo{"stop", Role::owner, UndoClass::irreversible};
  POSTERN_FIELDS(Stop)
};

struct Metrics {
  using Answer = MetricsReply;
  static constexpr RequestInfo kInfo{"metrics", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(Metrics)
};

struct UserAdd {
  std::string address{};   ///< N@D, D one of ours
  std::string password{};  ///< "" = no login until one is set
  std::vector<std::string> aliases{};
  std::optional<uint64_t> quota{};  ///< octets; 0 = none; absent = the default
  std::string reason{};

  using Answer = UsersReply;
  static constexpr RequestInfo kInfo{"user add", Role::operator_, UndoClass::effect};
  POSTERN_FIELDS(UserAdd, address, password, aliases, quota, reason)
  POSTERN_SECRET_FIELDS(password)
};

struct UserList {
  bool removed = false;  ///< also those that were removed and can be restored
  std::string cursor{};
  uint32_t limit = 0;

  using Answer = UsersReply;
  static constexpr RequestInfo kInfo{"user list", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(UserList, removed, cursor, limit)
};

struct UserShow {
  std::string user{};  ///< address, alias or id

  using Answer = UsersReply;
  static constexpr RequestInfo kInfo{"user show", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(UserShow, user)
};

/// Absent fields stay as they are.
struct UserSet {
  std::string user{};                     ///< address, alias or id
  std::optional<std::string> password{};  ///< "" takes the password away
  std::vector<std::string> add_aliases{};
  std::vector<std::string> remove_aliases{};
  std::optional<uint64_t> quota{};  ///< octets; 0 = none
  std::optional<bool> disabled{};
  std::optional<std::string> level{};  ///< "L0" to "L3"
  std::string reason{};

  using Answer = UsersReply;
  static constexpr RequestInfo kInfo{"user set", Role::operator_, UndoClass::inverse};
  POSTERN_FIELDS(UserSet, user, password, add_aliases, remove_aliases, quota, disabled, level, reason)
  POSTERN_SECRET_FIELDS(password)
};

/// Mail and password are kept so that it can be restored.
struct UserRemove {
  std::string user{};
  std::string reason{};

  using Answer = UsersReply;
  static constexpr RequestInfo kInfo{"user remove", Role::operator_, UndoClass::effect};
  POSTERN_FIELDS(UserRemove, user, reason)
};

struct UserRestore {
  std::string user{};
  std::string reason{};

  using Answer = UsersReply;
  static constexpr RequestInfo kInfo{"user restore", Role::operator_, UndoClass::effect};
  POSTERN_FIELDS(UserRestore, user, reason)
};

struct DocumentList {
  std::string kind{};  ///< "" = all kinds
  std::string cursor{};
  uint32_t limit = 0;

  using Answer = DocumentsReply;
  static constexpr RequestInfo kInfo{"document list", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(DocumentList, kind, cursor, limit)
};

struct DocumentGet {
  std::string id{};  ///< KIND/ID

  using Answer = DocumentReply;
  static constexpr RequestInfo kInfo{"document get", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(DocumentGet, id)
};

/// One field of a document: a path with dots into the object, and its new value; "null" takes the field away.
struct FieldValue {
  std::string field{};
  JsonText value{};

  POSTERN_FIELDS(FieldValue, field, value)
};

/// Beyond the role below: role_to_change(kind) of what it touches; the same holds for undo and confirm.
struct DocumentSet {
  std::string id{};                    ///< KIND/ID
  std::optional<JsonText> document{};  ///< the whole document; absent = the fields below change the present one
  std::vector<FieldValue> fields{};
  std::string reason{};
  std::optional<uint32_t> confirm_within{};  ///< seconds; the change reverts unless it is confirmed until then

  using Answer = ChangeMade;
  static constexpr RequestInfo kInfo{"document set", Role::operator_, UndoClass::inverse};
  POSTERN_FIELDS(DocumentSet, id, document, fields, reason, confirm_within)
};

/// Newest first.
struct ChangeList {
  std::string cursor{};
  uint32_t limit = 0;

  using Answer = ChangesReply;
  static constexpr RequestInfo kInfo{"change list", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(ChangeList, cursor, limit)
};

struct ChangeShow {
  std::string id{};

  using Answer = ChangeReply;
  static constexpr RequestInfo kInfo{"change show", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(ChangeShow, id)
};

/// An item that was changed since is refused with `conflict`.
struct ChangeUndo {
  std::string id{};
  std::string reason{};

  using Answer = ChangeMade;
  static constexpr RequestInfo kInfo{"change undo", Role::operator_, UndoClass::inverse};
  POSTERN_FIELDS(ChangeUndo, id, reason)
};

/// Keeps a change that would revert at its deadline; it can still be undone.
struct ChangeConfirm {
  std::string id{};

  using Answer = ChangeMade;
  static constexpr RequestInfo kInfo{"change confirm", Role::operator_, UndoClass::inverse};
  POSTERN_FIELDS(ChangeConfirm, id)
};

/// Newest first.
struct AuditList {
  std::string cursor{};
  uint32_t limit = 0;

  using Answer = AuditReply;
  static constexpr RequestInfo kInfo{"audit list", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(AuditList, cursor, limit)
};

struct AuditShow {
  std::string seq{};

  using Answer = AuditEntryReply;
  static constexpr RequestInfo kInfo{"audit show", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(AuditShow, seq)
};

struct AuditVerify {
  using Answer = AuditVerifyReply;
  static constexpr RequestInfo kInfo{"audit verify", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(AuditVerify)
};

/// Newest first. The filter's language stands in the help of `session list`.
struct SessionList {
  std::string filter{};
  std::string cursor{};
  uint32_t limit = 0;

  using Answer = SessionsReply;
  static constexpr RequestInfo kInfo{"session list", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(SessionList, filter, cursor, limit)
};

struct SessionShow {
  std::string id{};

  using Answer = SessionReply;
  static constexpr RequestInfo kInfo{"session show", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(SessionShow, id)
};

struct SessionKill {
  std::string id{};
  std::string reason{};

  using Answer = SessionKilled;
  static constexpr RequestInfo kInfo{"session kill", Role::operator_, UndoClass::irreversible};
  POSTERN_FIELDS(SessionKill, id, reason)
};

/// The newest session that has to do with a key: session id, message id, address or user.
struct TraceSession {
  std::string key{};

  using Answer = SessionReply;
  static constexpr RequestInfo kInfo{"trace", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(TraceSession, key)
};

/// PEM (chain and, here or in `key`, the private key) or PFX.
struct CertificateImport {
  Octets certificate{};
  Octets key{};  ///< "" = in `certificate`
  std::string passphrase{};
  std::string reason{};

  using Answer = CertificateReply;
  static constexpr RequestInfo kInfo{"certificate import", Role::owner, UndoClass::effect};
  POSTERN_FIELDS(CertificateImport, certificate, key, passphrase, reason)
  POSTERN_SECRET_FIELDS(certificate, key, passphrase)
};

struct CertificateShow {
  using Answer = CertificateReply;
  static constexpr RequestInfo kInfo{"certificate show", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(CertificateShow)
};

/// The own CA's certificate, to be installed on the clients.
struct CertificateAuthority {
  using Answer = AuthorityReply;
  static constexpr RequestInfo kInfo{"certificate authority", Role::auditor, UndoClass::none};
  POSTERN_FIELDS(CertificateAuthority)
};

}  // namespace postern::api
