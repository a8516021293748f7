#include "defence/identity/directory.h"

#include <algorithm>

#include "base/text.h"

namespace postern::identity {
namespace {

size_t shard_of(AccountId id) { return id % 256; }
size_t shard_of(std::string_view key) { return std::hash<std::string_view>{}(key) % 256; }

}  // namespace

std::string address_key(std::string_view address) { return to_lower(address); }

Directory::Directory() {
  accounts_.fill(std::make_shared<const Accounts>());
  names_.fill(std::make_shared<const Names>());
}

const Account* Directory::find(std::string_view address) const {
  const std::string key = address_key(address);
  const Names& names = *names_[shard_of(key)];
  const auto found = names.find(key);
  return found == names.end() ? nullptr : find(found->second);
}

const Account* Directory::find(AccountId id) const {
  const Accounts& accounts = *accounts_[shard_of(id)];
  const auto found = accounts.find(id);
  return found == accounts.end() ? nullptr : found->second.get();
}

bool Directory::is_local(std::string_view domain) const { return domains_.contains(to_lower(domain)); }

bool Directory::is_role(std::string_view local_part) {
  return equal_ignoring_case(local_part, "postmaster") || equal_ignoring_case(local_part, "abuse");
}

bool Directory::may_send_as(AccountId id, std::string_view address) const {
  const Account* account = find(address);
  return account != nullptr && account->id == id;
}

std::shared_ptr<Directory> Directory::copy() const {
  auto out = std::make_shared<Directory>(*this);
  ++out->version_;
  return out;
}

void Directory::add_name(const std::string& address, AccountId id) {
  const std::string key = address_key(address);
  auto shard = std::make_shared<Names>(*names_[shard_of(key)]);
  (*shard)[key] = id;
  names_[shard_of(key)] = std::move(shard);
}

void Directory::drop_names(const Account& account) {
  const auto drop = [this, &account](const std::string& address) {
    const std::string key = address_key(address);
    const auto found = names_[shard_of(key)]->find(key);
    if (found == names_[shard_of(key)]->end() || found->second != account.id) return;
    auto shard = std::make_shared<Names>(*names_[shard_of(key)]);
    shard->erase(key);
    names_[shard_of(key)] = std::move(shard);
  };
  drop(account.address);
  for (const std::string& alias : account.aliases) drop(alias);
}

std::shared_ptr<const Directory> Directory::with_account(Account account) const {
  auto out = copy();
  if (const Account* before = find(account.id))
    out->drop_names(*before);
  else
    ++out->size_;
  out->add_name(account.address, account.id);
  for (const std::string& alias : account.aliases) out->add_name(alias, account.id);
  const size_t shard = shard_of(account.id);
  auto accounts = std::make_shared<Accounts>(*accounts_[shard]);
  const AccountId id = account.id;
  (*accounts)[id] = std::make_shared<const Account>(std::move(account));
  out->accounts_[shard] = std::move(accounts);
  return out;
}

std::shared_ptr<const Directory> Directory::without_account(AccountId id) const {
  const Account* before = find(id);
  auto out = copy();
  if (before == nullptr) return out;
  out->drop_names(*before);
  auto accounts = std::make_shared<Accounts>(*accounts_[shard_of(id)]);
  accounts->erase(id);
  out->accounts_[shard_of(id)] = std::move(accounts);
  --out->size_;
  return out;
}

std::shared_ptr<const Directory> Directory::with_domains(std::vector<std::string> domains) const {
  auto out = copy();
  out->domains_.clear();
  for (const std::string& domain : domains) out->domains_.insert(to_lower(domain));
  return out;
}

std::shared_ptr<const Directory> Directory::with_postmaster(AccountId id) const {
  auto out = copy();
  out->postmaster_ = id;
  return out;
}

void Directory::each(const std::function<void(const Account&)>& visit) const {
  for (const auto& shard : accounts_)
    for (const auto& entry : *shard) visit(*entry.second);
}

}  // namespace postern::identity
