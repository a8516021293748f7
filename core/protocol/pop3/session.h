// The POP3 server as a machine without sockets. RFC 1939, 2449, 2595, 3206, 5034, 6856.
// Input: octets, the end of a TLS handshake, a time-out, answers, content. Output: actions. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/machine.h"
#include "base/secret.h"
#include "base/trace.h"

namespace postern::pop3 {

/// When a client that did not issue UTF8 gets a downgraded header block (RFC 6856 section 4, RFC 6857). Only a block
/// that is valid UTF-8 is ever touched: legacy 8-bit headers come back as they came.
enum class Downgrade : uint8_t {
  never,       ///< the stored octets, always
  structured,  ///< when an address, a message id, a MIME parameter or a trace field holds UTF-8; subjects and display
               ///< names in UTF-8 alone pass as they are
  always,      ///< whenever the block holds UTF-8
};

/// Bounds; document pop3/limits.
struct Limits {
  uint32_t command_line = 255;  ///< octets with CRLF, RFC 2449 section 4
  uint32_t auth_line = 12288;
  uint32_t errors = 20;       ///< -ERR before close
  uint32_t logins = 3;        ///< wrong passwords before close
  Seconds authorization{60};  ///< time-out before the login
  Seconds transaction{600};   ///< RFC 1939 section 3: at least ten minutes
  Downgrade downgrade = Downgrade::structured;
};

using AccountId = uint64_t;

class Rules {
 public:
  virtual ~Rules() = default;
  virtual const Limits& limits() const = 0;
  virtual const std::string& host_name() const = 0;
  virtual bool tls_available() const = 0;
};

/// The opened mailbox as the session sees it: reads at once. Numbers run from 1.
class MailboxView {
 public:
  virtual ~MailboxView() = default;
  virtual uint32_t count() const = 0;
  virtual uint64_t octets() const = 0;
  /// False when the store cannot say (the command gets -ERR [SYS/TEMP]).
  virtual bool entry(uint32_t number, uint64_t& size, std::string& unique_id) const = 0;
};

struct Context {
  const Rules& rules;
  WallTime now;
  Trace& trace;
};

/// An open question; at most one.
struct Question {
  enum class Kind : uint8_t {
    login,    ///< login, secret: verify, then open the mailbox
    fetch,    ///< message: feed its content, then content_end
    listing,  ///< a long LIST or UIDL: call more() when what was sent has left
    update,   ///< removals: delete for good
  } kind = Kind::login;
  uint32_t number = 0;
  std::string login;
  Secret secret;
  uint32_t message = 0;
  std::vector<uint32_t> removals;
};

struct LoginAnswer {
  enum class Kind : uint8_t { accepted, wrong, unavailable, in_use, disabled } kind = Kind::unavailable;
  AccountId account = 0;
  std::string address;
  const MailboxView* mailbox = nullptr;  ///< outlives the session's transaction state
};

class Session {
 public:
  Session(uint64_t session_id, Endpoint peer);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  void start(const Context& context, Actions& out);
  /// As smtp::Session::input.
  size_t input(const Context& context, std::string_view octets, Actions& out);
  void tls_done(const Context& context, bool ok, std::string_view description, Actions& out);
  void logged_in(const Context& context, uint32_t question, const LoginAnswer& answer, Actions& out);
  /// Content of the message asked for, in order. Appends what to send (stuffed; downgraded for a client without UTF8,
  /// RFC 6856 section 4) without copying: `octets` must live until the list is performed. True when enough was sent
  /// (TOP): stop feeding and call content_end.
  bool content(const Context& context, uint32_t question, std::string_view octets, Actions& out);
  /// ok = false: the store failed. Before any content: -ERR [SYS/TEMP]; in the middle: the connection is closed, no
  /// false end.
  void content_end(const Context& context, uint32_t question, bool ok, Actions& out);
  /// Goes on with a long listing: at most about 16 KiB a call.
  void more(const Context& context, uint32_t question, Actions& out);
  void updated(const Context& context, uint32_t question, bool ok, Actions& out);
  void timed_out(const Context& context, Actions& out);
  void stop(const Context& context, std::string_view reason, Actions& out);
  void disconnected(const Context& context, Actions& out);

  Seconds timeout(const Limits& limits) const;
  /// As smtp::Session.
  uint64_t progress() const;
  bool unread() const;
  bool waiting() const;
  bool closed() const;
  Question& question();
  AccountId account() const;
  bool in_transaction() const;

  struct State;  ///< opaque outside protocol/pop3

 private:
  std::unique_ptr<State> state_;
};

}  // namespace postern::pop3
