// Who is who here: domains, accounts, their addresses. Immutable; a change makes a new directory that shares what stayed.
// Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace postern::identity {

using AccountId = uint64_t;

/// A password as the directory knows it.
struct Credential {
  std::string id;         ///< names the secret; "" = none
  std::string encoded;    ///< Argon2id
  bool operator==(const Credential&) const = default;
};

struct Account {
  AccountId id = 0;
  std::string address;                ///< as it was written
  std::vector<std::string> aliases;
  bool disabled = false;
  uint64_t quota = 0;                 ///< octets, 0 = none
  uint64_t version = 0;               ///< of the document: grows with each change
  Credential password;
};

/// Lower case in full: our own local parts know no case (RFC 5321 section 2.4 leaves that to the receiver).
std::string address_key(std::string_view address);

class Directory {
 public:
  Directory();
  /// By address or alias, in any case; null when there is none. The pointer lives as long as the directory.
  const Account* find(std::string_view address) const;
  const Account* find(AccountId id) const;
  bool is_local(std::string_view domain) const;
  /// The mailbox that gets postmaster and abuse of every domain here; null before there is an administrator.
  const Account* postmaster() const { return find(postmaster_); }
  /// RFC 5321 section 4.5.1 and RFC 2142: always deliverable, in any case, postmaster also without a domain.
  static bool is_role(std::string_view local_part);
  /// Login address or alias of the account?
  bool may_send_as(AccountId id, std::string_view address) const;
  size_t size() const { return size_; }
  /// Grows with every new directory.
  uint64_t version() const { return version_; }

  std::shared_ptr<const Directory> with_account(Account account) const;
  std::shared_ptr<const Directory> without_account(AccountId id) const;
  std::shared_ptr<const Directory> with_domains(std::vector<std::string> domains) const;
  std::shared_ptr<const Directory> with_postmaster(AccountId id) const;
  void each(const std::function<void(const Account&)>& visit) const;

 private:
  static constexpr size_t kShards = 256;
  using Accounts = std::unordered_map<AccountId, std::shared_ptr<const Account>>;
  using Names = std::unordered_map<std::string, AccountId>;

  std::shared_ptr<Directory> copy() const;
  void add_name(const std::string& address, AccountId id);
  void drop_names(const Account& account);

  std::array<std::shared_ptr<const Accounts>, kShards> accounts_;
  std::array<std::shared_ptr<const Names>, kShards> names_;
  std::unordered_set<std::string> domains_;
  AccountId postmaster_ = 0;
  size_t size_ = 0;
  uint64_t version_ = 1;
};

}  // namespace postern::identity
