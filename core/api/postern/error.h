// Error codes and their arguments: the only form in which the core reports a failure. Sentences are made by the
// console and the command line alone (text of each code: postern/error_text.h). No thread affinity; plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

/// What went wrong. The comment says which arguments travel along, in order.
/// Every code has a name (error_name) and a sentence in both languages (tested).
enum class ErrorCode : uint16_t {
  none = 0,
  internal,              ///< what: a defect; the text is for the log
  bad_input,             ///< what, value: a field that cannot be understood
  bad_address,           ///< value: not a mail address
  bad_domain,            ///< value, reason or nothing: not a domain name
  bad_password,          ///< reason: empty, too long, not UTF-8
  not_found,             ///< object
  already_exists,        ///< object
  not_allowed,           ///< role needed
  unknown_domain,        ///< domain: not one of ours
  last_administrator,    ///< object: would leave nobody
  conflict,              ///< object: changed since
  pending,               ///< change id, deadline (RFC 3339)
  too_large,             ///< what, limit
  too_many,              ///< what, limit
  irreversible,          ///< object
  folder_missing,        ///< path
  folder_not_empty,      ///< path: init on a folder that holds something
  folder_unreadable,     ///< path, reason
  folder_locked,         ///< path, pid of the holder or ""
  folder_read_only,      ///< path
  folder_newer,          ///< path, version found, version known: made by a newer Postern
  folder_damaged,        ///< path, reason
  not_initialised,       ///< path: no init was done here
  key_missing,           ///< path of the key-encryption key
  key_wrong,             ///< path: the key does not open this folder
  disk_full,             ///< path
  io_error,              ///< path, reason
  port_in_use,           ///< endpoint, holder ("exim4 (pid 812)" or "")
  port_denied,           ///< endpoint: no right to bind below 1024
  port_unavailable,      ///< endpoint, reason
  certificate_broken,    ///< path, reason
  certificate_mismatch,  ///< path: key and certificate do not belong together
  certificate_expired,   ///< path, date
  unreachable,           ///< socket: nobody answers
  busy,                  ///< what: try again
  version_mismatch,      ///< own, other: control channel's major version differs
  access_denied,         ///< who: the OS user is no administrator
  timed_out,             ///< what
  cancelled,             ///< what
  chain_broken,          ///< seq, kind: the audit chain does not verify
  mailbox_full,          ///< address
  message_too_large,     ///< limit in octets
};

/// A failure: a code and its arguments. Never holds a secret.
struct Error {
  ErrorCode code = ErrorCode::none;
  std::vector<std::string> args;

  bool operator==(const Error&) const = default;
};

/// The code's stable name ("folder_locked"), as it stands in JSON. Empty for a value out of range.
std::string_view error_name(ErrorCode code);
/// The inverse; ErrorCode::internal for an unknown name.
ErrorCode error_from_name(std::string_view name);
/// All codes but none, in order: for tests that prove each has its sentence.
const std::vector<ErrorCode>& all_error_codes();

}  // namespace postern
