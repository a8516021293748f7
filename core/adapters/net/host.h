// What the connections need from the rest of the core. Implemented by core/service; called on I/O threads unless said
// otherwise.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/secret.h"
#include "base/trace.h"
#include "crypto/tls.h"
#include "mail/message_store.h"
#include "protocol/pop3/session.h"
#include "protocol/smtp/session.h"

namespace postern::net {

/// The policy in force on one I/O thread. Immutable; a thread swaps its pointer between two events.
struct GatePolicy {
  std::shared_ptr<const smtp::Rules> smtp;
  std::shared_ptr<const pop3::Rules> pop3;
  std::shared_ptr<const crypto::TlsContext> tls;  ///< null: STARTTLS and STLS are not offered
  /// Quota of an account in octets, 0 = none.
  std::function<uint64_t(mail::AccountId)> quota;
  /// Is a login made with this credential version still good? Asked for every open session after a swap.
  std::function<bool(mail::AccountId, uint64_t version)> still_valid;
};

/// What a login was worth.
struct VerifyOutcome {
  enum class Kind : uint8_t { accepted, wrong, unavailable, disabled } kind = Kind::unavailable;
  mail::AccountId account = 0;
  std::string address;
  uint64_t version = 0;  ///< of account and credential, for GatePolicy::still_valid
};

/// A login to be judged.
struct VerifyRequest {
  uint16_t port = 0;
  IpAddress peer;
  std::string login;
  Secret secret;
};

class Host {
 public:
  virtual ~Host() = default;
  virtual const Clock& clock() const = 0;
  virtual mail::MessageStore& store() = 0;
  /// Calls `done` exactly once, on any thread, possibly before returning.
  virtual void verify(VerifyRequest request, std::function<void(VerifyOutcome)> done) = 0;
  virtual uint64_t next_session_id() = 0;
  virtual void session_opened(unsigned thread, const Trace& trace) = 0;
  /// The trace is complete and will not change.
  virtual void session_closed(unsigned thread, std::shared_ptr<const Trace> trace) = 0;
  /// A message became durable (microseconds from end of data to the answer), or did not.
  virtual void message_committed(unsigned thread, bool stored, int64_t micros, uint64_t octets) = 0;
  virtual void login_judged(unsigned thread, uint16_t port, bool accepted) = 0;
};

}  // namespace postern::net
