// The SMTP receiver as a machine without sockets. RFC 5321, 1870, 2034/3463, 2920, 3030, 3207, 3461, 4954, 6152, 6531.
// Input: octets, the end of a TLS handshake, a time-out, an answer. Output: actions, performed in order by the driver.
// One thread at a time. Bounded: see Limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/machine.h"
#include "base/secret.h"
#include "base/trace.h"

namespace postern::smtp {

/// Every bound of a session. Defaults are RFC 5321 section 4.5.3 and the product's; documents smtp/limits and
/// smtp/timeouts.
struct Limits {
  uint64_t message_size = 25 * 1024 * 1024;  ///< octets, announced by SIZE
  uint32_t recipients = 100;
  uint32_t errors = 20;         ///< refused commands before 421 and close
  uint32_t command_line = 512;  ///< octets with CRLF; MAIL, RCPT and AUTH get what their extensions add
  uint32_t auth_line = 12288;   ///< RFC 4954 section 4.3
  uint32_t text_line = 65536;   ///< octets; over 998 is noted
  uint32_t messages = 1000;     ///< a session
  uint32_t logins = 5;          ///< wrong passwords before 421 and close
  Seconds greeting{300};        ///< time-outs by phase, RFC 5321 section 4.5.3.2: until EHLO
  Seconds command{300};
  Seconds data_block{180};
  Seconds data_end{600};  ///< spent waiting for our own commit
};

/// What a recipient or a login means here.
using AccountId = uint64_t;
struct Recipient {
  enum class Kind : uint8_t { local, unknown, relay_denied, mailbox_full, disabled, unavailable } kind = Kind::unknown;
  AccountId account = 0;
  bool role = false;  ///< postmaster or abuse: taken even beyond the quota
};

/// What the session asks the policy in force, at once. Implemented over the thread's policy; valid for one call.
class Rules {
 public:
  virtual ~Rules() = default;
  virtual const Limits& limits() const = 0;
  /// Name in banner, EHLO answer and Received.
  virtual const std::string& host_name() const = 0;
  /// `domain` is empty for the bare "postmaster".
  virtual Recipient recipient(std::string_view local_part, std::string_view domain) const = 0;
  /// Octets that the account's mailbox may still take; UINT64_MAX without a quota.
  virtual uint64_t room(AccountId) const { return UINT64_MAX; }
  /// May the account use this reverse-path? (Its login or an alias.)
  virtual bool may_send_as(AccountId account, std::string_view local_part, std::string_view domain) const = 0;
  /// Peers whose bare CR and LF are stored as CRLF: document smtp/lenient_networks.
  virtual bool lenient(const IpAddress& peer) const = 0;
  /// False while the store takes nothing: MAIL gets 452 4.3.1.
  virtual bool accepting() const = 0;
  virtual bool tls_available() const = 0;
};

/// Given with every call; references are valid for the call only.
struct Context {
  const Rules& rules;
  WallTime now;
  Trace& trace;
};

/// An open question. At most one; answers with another number are dropped.
struct Question {
  enum class Kind : uint8_t { verify, commit } kind = Kind::verify;
  uint32_t number = 0;
  std::string login;  ///< verify: the authentication identity, as sent
  Secret secret;      ///< verify: moved out by the driver
};

/// What the credentials were worth.
struct VerifyAnswer {
  enum class Kind : uint8_t { accepted, wrong, unavailable, disabled } kind = Kind::unavailable;
  AccountId account = 0;
  std::string address;  ///< the account's login address
};

/// What became of the message.
struct CommitAnswer {
  enum class Kind : uint8_t { stored, no_space, mailbox_full, failed } kind = Kind::failed;
  uint64_t message = 0;
};

/// The envelope of the transaction in progress, for the driver's delivery.
struct Envelope {
  std::string reverse_path;             ///< without brackets; "" for <>
  std::vector<AccountId> mailboxes;     ///< each once, in order of RCPT
  std::vector<AccountId> unlimited;     ///< those of them whose quota does not count
  std::vector<std::string> recipients;  ///< as given, one for each accepted RCPT
  bool smtputf8 = false;
  bool eight_bit = false;
  std::optional<uint64_t> declared_size;
  std::string dsn_ret, dsn_envid;  ///< RFC 3461, decoded xtext
  struct RecipientDsn {
    std::string notify, orcpt;
  };
  std::vector<RecipientDsn> recipient_dsn;  ///< beside recipients
};

class Session {
 public:
  /// `session_id` numbers the session for Received ids and the trace.
  Session(uint64_t session_id, Endpoint peer);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// The banner.
  void start(const Context& context, Actions& out);
  /// Parses input until it is used up, a question opens, start_tls or close is asked for, or kReplyHold octets of
  /// replies wait. Returns the octets used: the driver keeps the rest (less than a read buffer) and hands it in again
  /// after the answer, or once the replies are sent; after start_tls it drops it.
  size_t input(const Context& context, std::string_view octets, Actions& out);
  /// After start_tls: the handshake is done (the session starts anew, RFC 3207 section 4.2) or has failed (close
  /// follows).
  void tls_done(const Context& context, bool ok, std::string_view description, Actions& out);
  void verified(const Context& context, uint32_t question, const VerifyAnswer& answer, Actions& out);
  void committed(const Context& context, uint32_t question, const CommitAnswer& answer, Actions& out);
  /// The time of timeout() has passed without input: 421 and close.
  void timed_out(const Context& context, Actions& out);
  /// The service stops or an administrator ends it: 421 and close (after the message in progress when
  /// `finish_message`).
  void stop(const Context& context, std::string_view reason, bool finish_message, Actions& out);
  /// The peer closed its side.
  void disconnected(const Context& context, Actions& out);

  /// How long the driver waits for input, from the last change of progress() on.
  Seconds timeout(const Limits& limits) const;
  /// Grows with each whole line, answer and piece of content: half a command gains no time.
  uint64_t progress() const;
  /// The session closed and left input behind.
  bool unread() const;
  bool in_message() const;  ///< between 354 (or the first BDAT) and its end
  bool waiting() const;     ///< a question is open
  bool closed() const;
  Question& question();  ///< the open one
  const Envelope& envelope() const;
  AccountId account() const;  ///< 0 before AUTH
  /// The id that stands in Received and in the 250 of the last message.
  const std::string& message_id() const;

  struct State;  ///< opaque outside protocol/smtp

 private:
  std::unique_ptr<State> state_;
};

}  // namespace postern::smtp
