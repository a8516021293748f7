#include "defence/identity/directory.h"

#include <algorithm>

#include "base/text.h"
#include "protocol/mime/address.h"

namespace postern::identity {

Directory::Directory() {
  accounts_.fill(std::make_shared<const Accounts>());
  names_.fill(std::make_shared<const Names>());
}

const Account* Directory::find_key(const std::string& key) const {
  const Names& names = *names_[shard_of(key)];
  const auto found = names.find(key);
  return found == names.end() ? nullptr : find(found->second);
}

const Account* Directory::find(std::string_view address) const {
  return find_key(address_key(address));
}

const Account* Directory::find(std::string_view local_part, std::string_view domain) const {
  return find_key(address_key(local_part, domain));
}

const Account* Directory::find(AccountId id) const {
  const Accounts& accounts = *accounts_[shard_of(id)];
  const auto found = accounts.find(id);
  return found == accounts.end() ? nullptr : found->second.get();
}

bool Directory::is_local(std::string_view domain) const {
  return domains_.contains(to_lower(domain));
}

const Account* Directory::postmaster() const {
  return administrators_.empty() ? nullptr : find(administrators_.front().mailbox);
}

const Account* Directory::recipient(std::string_view local_part, std::string_view domain) const {
  // RFC 5321 section 4.5.1: postmaster alone may stand without a domain.
  if (domain.empty()) return equal_ignoring_case(local_part, "postmaster") ? postmaster() : nullptr;
  if (!is_local(domain)) return nullptr;
  if (identity::is_role(local_part)) return postmaster();
  return find(local_part, domain);
}

bool Directory::may_send_as(AccountId id, std::string_view local_part, std::string_view domain) const {
  const Account* account = domain.empty() ? nullptr : recipient(local_part, domain);
  return account != nullptr && account->id == id;
}

bool Directory::may_send_as(AccountId id, std::string_view address) const {
  const auto mailbox = mime::parse_mailbox(address, true);
  return mailbox && may_send_as(id, mailbox->local_part, mailbox->domain);
}

const Administrator* Directory::administrator_of(std::string_view os_user) const {
  if (os_user.empty()) return nullptr;
  const auto found = std::find_if(administrators_.begin(), administrators_.end(),
                                  [os_user](const Administrator& one) { return one.os_user == os_user; });
  return found == administrators_.end() ? nullptr : &*found;
}

void Directory::each(const std::function<void(const Account&)>& visit) const {
  for (const auto& shard : accounts_)
    for (const auto& [id, account] : *shard) visit(*account);
}

size_t Directory::shared_shards(const Directory& other) const {
  size_t out = 0;
  for (size_t i = 0; i < kShards; ++i) {
    out += accounts_[i] == other.accounts_[i] ? 1 : 0;
    out += names_[i] == other.names_[i] ? 1 : 0;
  }
  return out;
}

}  // namespace postern::identity
