// Judges logins: the account in the directory in force, the cache of verified passwords, else Argon2id on a login
// worker. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "adapters/net/host.h"
#include "service/login_workers.h"

namespace postern::service {

/// What is known of a login name. A value.
struct LoginFacts {
  mail::AccountId account = 0;
  std::string address;  ///< the login address as it is written
  bool disabled = false;
  uint64_t version = 0;       ///< changes with the account and with its credentials
  std::string credential_id;  ///< "" = no password is set
  std::string encoded;        ///< Argon2id
};

/// The directory in force, as the verifier needs it. Immutable.
class LoginBook {
 public:
  virtual ~LoginBook() = default;
  /// By login address or alias, in any case.
  virtual std::optional<LoginFacts> find(std::string_view login) const = 0;
  virtual std::optional<LoginFacts> find(mail::AccountId account) const = 0;
};

/// Passwords that were verified lately, as keyed hashes bound to everything that could make them invalid.
class VerifiedPasswords {
 public:
  virtual ~VerifiedPasswords() = default;
  virtual bool knows(const LoginFacts& facts, const Secret& secret) = 0;
  virtual void remember(const LoginFacts& facts, const Secret& secret) = 0;
};

constexpr size_t kSeenNetworks = 10'000;
constexpr Seconds kSeenFor{7 * 24 * 3600};  ///< a network counts as seen for a week after a good login

class Verifier {
 public:
  Verifier(LoginWorkers& workers, VerifiedPasswords& verified, const Clock& clock);

  /// The directory that logins are judged by from now on. A login that is being checked is judged by it at its end.
  void set_book(std::shared_ptr<const LoginBook> book);
  std::shared_ptr<const LoginBook> book() const;
  /// Calls `done` once: at once for a cached password, else from a worker.
  void verify(net::VerifyRequest request, std::function<void(net::VerifyOutcome)> done);

 private:
  struct Check;
  NetworkClass class_of(const IpAddress& peer, const Network& network);
  void note_seen(const Network& network);
  net::VerifyOutcome finish(const Check& check, bool right);

  LoginWorkers& workers_;
  VerifiedPasswords& verified_;
  const Clock& clock_;
  const std::string decoy_;  ///< checked for names that do not exist, so that they take as long
  mutable std::mutex mutex_;
  std::shared_ptr<const LoginBook> book_;
  std::map<Network, std::chrono::steady_clock::time_point> seen_;
};

}  // namespace postern::service
