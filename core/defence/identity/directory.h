// Who is who here: domains, accounts with their addresses, administrators. Immutable; an edit makes a new directory
// that shares with the old one all shards it did not touch. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "defence/identity/address_key.h"
#include "postern/caller.h"

namespace postern::identity {

using AccountId = uint64_t;

/// A password as the directory knows it.
struct Credential {
  std::string id;       ///< names the secret; "" = none; another password has another id
  std::string encoded;  ///< Argon2id
  bool operator==(const Credential&) const = default;
};

struct Account {
  AccountId id = 0;
  std::string address;  ///< as it was written
  std::vector<std::string> aliases;
  bool disabled = false;  ///< no login; mail is taken
  uint64_t quota = 0;     ///< octets, 0 = none
  std::string level = "L0";
  uint64_t version = 0;  ///< of the document: grows with each change, also across removal and return
  Credential password;
};

struct Administrator {
  std::string name;
  std::string os_user;  ///< "" = none
  api::Role role = api::Role::owner;
  AccountId mailbox = 0;
  WallTime created = 0;
};

/// What is to become of one account, domain, administrator: absent = it goes.
struct Edits {
  std::vector<std::pair<AccountId, std::optional<Account>>> accounts;
  std::vector<std::pair<std::string, bool>> domains;  ///< true = it is ours
  std::vector<std::pair<std::string, std::optional<Administrator>>> administrators;

  bool empty() const { return accounts.empty() && domains.empty() && administrators.empty(); }
};

class Directory {
 public:
  Directory();

  /// By address or alias, in any case; null when there is none. Pointers live as long as the directory.
  const Account* find(std::string_view address) const;
  /// The same for a local part without its quotes.
  const Account* find(std::string_view local_part, std::string_view domain) const;
  const Account* find(AccountId id) const;
  bool is_local(std::string_view domain) const;
  /// Whose mailbox mail to this recipient goes to: accounts, aliases, and the roles postmaster (also without a domain)
  /// and abuse of our domains. Null: nobody here.
  const Account* recipient(std::string_view local_part, std::string_view domain) const;
  /// The first administrator's mailbox; null before there is one.
  const Account* postmaster() const;
  static bool is_role(std::string_view local_part) { return identity::is_role(local_part); }
  /// Is it the account's login, an alias of it, or a role that its mailbox gets?
  bool may_send_as(AccountId id, std::string_view address) const;
  bool may_send_as(AccountId id, std::string_view local_part, std::string_view domain) const;

  const std::set<std::string>& domains() const { return domains_; }
  /// First the one that was first.
  const std::vector<Administrator>& administrators() const { return administrators_; }
  const Administrator* administrator_of(std::string_view os_user) const;
  size_t size() const { return size_; }
  /// Grows with every new directory.
  uint64_t version() const { return version_; }
  /// In any order.
  void each(const std::function<void(const Account&)>& visit) const;

  /// All edits or none. already_exists (address: taken, also by a role), unknown_domain, bad_address,
  /// last_administrator, bad_input (a domain in use goes, a mailbox of an administrator is none).
  Expected<std::shared_ptr<const Directory>> edit(const Edits& edits) const;

  /// Shards shared with another directory: for tests of what an edit costs.
  size_t shared_shards(const Directory& other) const;

 private:
  static constexpr size_t kShards = 256;
  using Accounts = std::unordered_map<AccountId, std::shared_ptr<const Account>>;
  using Names = std::unordered_map<std::string, AccountId>;
  struct Editor;

  std::array<std::shared_ptr<const Accounts>, kShards> accounts_;
  std::array<std::shared_ptr<const Names>, kShards> names_;
  std::set<std::string> domains_;
  std::vector<Administrator> administrators_;
  size_t size_ = 0;
  uint64_t version_ = 1;

  const Account* find_key(const std::string& key) const;
  static size_t shard_of(AccountId id) { return id % kShards; }
  static size_t shard_of(std::string_view key) { return std::hash<std::string_view>{}(key) % kShards; }
};

}  // namespace postern::identity
