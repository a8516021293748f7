#include "service/gate_rules.h"

#include <algorithm>

namespace postern::service {
namespace {

using PolicyPtr = std::shared_ptr<const Policy>;

class SmtpRules final : public smtp::Rules {
 public:
  SmtpRules(PolicyPtr policy, mail::MessageStore& store) : policy_(std::move(policy)), store_(store) {}
  const smtp::Limits& limits() const override { return *policy_->smtp; }
  const std::string& host_name() const override { return *policy_->host_name; }
  smtp::Recipient recipient(std::string_view local_part, std::string_view domain) const override;
  uint64_t room(smtp::AccountId account) const override;
  bool may_send_as(smtp::AccountId account, std::string_view local_part, std::string_view domain) const override {
    return policy_->directory->may_send_as(account, local_part, domain);
  }
  bool lenient(const IpAddress& peer) const override {
    return std::any_of(policy_->lenient->begin(), policy_->lenient->end(),
                       [&peer](const Network& network) { return network.contains(peer); });
  }
  bool accepting() const override { return store_.accepting(); }
  bool tls_available() const override { return policy_->tls != nullptr; }

 private:
  PolicyPtr policy_;
  mail::MessageStore& store_;
};

smtp::Recipient SmtpRules::recipient(std::string_view local_part, std::string_view domain) const {
  using Kind = smtp::Recipient::Kind;
  const identity::Directory& directory = *policy_->directory;
  if (!domain.empty() && !directory.is_local(domain)) return {Kind::relay_denied, 0};
  const auto* account = directory.recipient(local_part, domain);
  if (account == nullptr) return {Kind::unknown, 0};
  return {Kind::local, account->id, identity::is_role(local_part)};
}

uint64_t SmtpRules::room(smtp::AccountId id) const {
  const auto* account = policy_->directory->find(id);
  if (account == nullptr || account->quota == 0) return UINT64_MAX;
  const auto usage = store_.usage(id);
  if (!usage) return UINT64_MAX;  // the commit decides
  return account->quota - std::min(account->quota, usage->octets);
}

class Pop3Rules final : public pop3::Rules {
 public:
  explicit Pop3Rules(PolicyPtr policy) : policy_(std::move(policy)) {}
  const pop3::Limits& limits() const override { return *policy_->pop3; }
  const std::string& host_name() const override { return *policy_->host_name; }
  bool tls_available() const override { return policy_->tls != nullptr; }

 private:
  PolicyPtr policy_;
};

LoginFacts facts_of(const identity::Account& account) {
  LoginFacts out;
  out.account = account.id;
  out.address = account.address;
  out.disabled = account.disabled;
  out.version = account.version;
  out.credential_id = account.password.id;
  out.encoded = account.password.encoded;
  return out;
}

class DirectoryBook final : public LoginBook {
 public:
  explicit DirectoryBook(PolicyPtr policy) : policy_(std::move(policy)) {}
  std::optional<LoginFacts> find(std::string_view login) const override {
    const auto* account = policy_->directory->find(login);
    if (account == nullptr) return std::nullopt;
    return facts_of(*account);
  }
  std::optional<LoginFacts> find(mail::AccountId id) const override {
    const auto* account = policy_->directory->find(id);
    if (account == nullptr) return std::nullopt;
    return facts_of(*account);
  }

 private:
  PolicyPtr policy_;
};

}  // namespace

std::shared_ptr<const net::GatePolicy> gate_policy(PolicyPtr policy, mail::MessageStore& store) {
  auto out = std::make_shared<net::GatePolicy>();
  out->smtp = std::make_shared<const SmtpRules>(policy, store);
  out->pop3 = std::make_shared<const Pop3Rules>(policy);
  out->tls = policy->tls;
  out->quota = [policy](mail::AccountId id) {
    const auto* account = policy->directory->find(id);
    return account == nullptr ? uint64_t{0} : account->quota;
  };
  out->still_valid = [policy](mail::AccountId id, uint64_t version) {
    const auto* account = policy->directory->find(id);
    return account != nullptr && !account->disabled && account->version == version;
  };
  return out;
}

std::shared_ptr<const LoginBook> login_book(PolicyPtr policy) {
  return std::make_shared<const DirectoryBook>(std::move(policy));
}

}  // namespace postern::service
