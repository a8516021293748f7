#include "service/verifier.h"

#include <algorithm>

#include "crypto/kdf.h"

namespace postern::service {
namespace {

using net::VerifyOutcome;

VerifyOutcome outcome_of(VerifyOutcome::Kind kind) {
  VerifyOutcome out;
  out.kind = kind;
  return out;
}

VerifyOutcome accepted(const LoginFacts& facts) {
  VerifyOutcome out;
  out.kind = facts.disabled ? VerifyOutcome::Kind::disabled : VerifyOutcome::Kind::accepted;
  out.account = facts.account;
  out.address = facts.address;
  out.version = facts.version;
  return out;
}

}  // namespace

/// One login under way.
struct Verifier::Check {
  net::VerifyRequest request;
  std::optional<LoginFacts> facts;
  Network network;
  std::function<void(VerifyOutcome)> done;
};

Verifier::Verifier(LoginWorkers& workers, VerifiedPasswords& verified, const Clock& clock)
    : workers_(workers), verified_(verified), clock_(clock), decoy_(crypto::argon2id_hash(Secret("no such account"))) {}

void Verifier::set_book(std::shared_ptr<const LoginBook> book) {
  const std::lock_guard lock(mutex_);
  book_ = std::move(book);
}

std::shared_ptr<const LoginBook> Verifier::book() const {
  const std::lock_guard lock(mutex_);
  return book_;
}

NetworkClass Verifier::class_of(const IpAddress& peer, const Network& network) {
  if (peer.is_loopback()) return NetworkClass::trusted;
  const std::lock_guard lock(mutex_);
  const auto found = seen_.find(network);
  const bool fresh = found != seen_.end() && clock_.now() - found->second < kSeenFor;
  return fresh ? NetworkClass::seen : NetworkClass::unknown;
}

void Verifier::note_seen(const Network& network) {
  const std::lock_guard lock(mutex_);
  if (seen_.size() >= kSeenNetworks && !seen_.contains(network)) {
    const auto oldest =
        std::min_element(seen_.begin(), seen_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    seen_.erase(oldest);
  }
  seen_[network] = clock_.now();
}

void Verifier::verify(net::VerifyRequest request, std::function<void(VerifyOutcome)> done) {
  const auto now_book = book();
  if (!now_book) return done(outcome_of(VerifyOutcome::Kind::unavailable));
  auto check = std::make_shared<Check>();
  check->facts = now_book->find(request.login);
  check->network = network_of(request.peer);
  const bool has_password = check->facts && !check->facts->credential_id.empty();
  if (has_password && verified_.knows(*check->facts, request.secret)) return done(accepted(*check->facts));
  const NetworkClass network_class = class_of(request.peer, check->network);
  const Network network = check->network;
  check->request = std::move(request);
  check->done = done;
  const bool queued = workers_.submit(network_class, network, [this, check, has_password](bool cancelled) {
    if (cancelled) return check->done(outcome_of(VerifyOutcome::Kind::unavailable));
    // A name without a password costs as much as one with it: time tells nobody which names exist.
    const bool right =
        crypto::argon2id_verify(has_password ? check->facts->encoded : decoy_, check->request.secret) && has_password;
    check->done(finish(*check, right));
  });
  if (!queued) done(outcome_of(VerifyOutcome::Kind::unavailable));
}

VerifyOutcome Verifier::finish(const Check& check, bool right) {
  if (!right) return outcome_of(VerifyOutcome::Kind::wrong);
  // The account may have changed while the password was being hashed: what is in force now decides.
  const auto now_book = book();
  const auto facts = now_book ? now_book->find(check.request.login) : std::nullopt;
  if (!facts || facts->version != check.facts->version) return outcome_of(VerifyOutcome::Kind::wrong);
  if (!facts->disabled) {
    verified_.remember(*facts, check.request.secret);
    note_seen(check.network);
  }
  return accepted(*facts);
}

}  // namespace postern::service
