// A new directory out of an old one: copies of the shards that change, checks across accounts.
#include <algorithm>

#include "base/text.h"
#include "defence/identity/directory.h"
#include "protocol/mime/address.h"

namespace postern::identity {
namespace {

std::vector<std::string> addresses_of(const Account& account) {
  std::vector<std::string> out = account.aliases;
  out.insert(out.begin(), account.address);
  return out;
}

/// One whose beginning is unknown was not the first.
bool earlier(const Administrator& a, const Administrator& b) {
  if ((a.created == 0) != (b.created == 0)) return b.created == 0;
  return a.created != b.created ? a.created < b.created : a.name < b.name;
}

}  // namespace

/// Works on copies of shards; each is copied once, however many edits fall into it.
struct Directory::Editor {
  explicit Editor(const Directory& from) : next(std::make_shared<Directory>(from)) { ++next->version_; }

  Accounts& accounts_at(AccountId id) { return own(next->accounts_[shard_of(id)], own_accounts[shard_of(id)]); }
  Names& names_at(const std::string& key) { return own(next->names_[shard_of(key)], own_names[shard_of(key)]); }

  void edit_domains(const Edits& edits);
  void edit_administrators(const Edits& edits);
  void take_out(AccountId id);
  Expected<void> put_in(Account account);
  Expected<void> check_address(const Account& account, const std::string& address);
  Expected<void> check_domains(const Edits& edits, const Directory& before) const;
  Expected<void> check_administrators(const Directory& before) const;
  Expected<void> check_roles(const Edits& edits) const;

  std::shared_ptr<Directory> next;

 private:
  template <class Map>
  static Map& own(std::shared_ptr<const Map>& shard, std::shared_ptr<Map>& mine) {
    if (!mine) {
      mine = std::make_shared<Map>(*shard);
      shard = mine;
    }
    return *mine;
  }
  std::array<std::shared_ptr<Accounts>, kShards> own_accounts;
  std::array<std::shared_ptr<Names>, kShards> own_names;
};

void Directory::Editor::edit_domains(const Edits& edits) {
  for (const auto& [name, ours] : edits.domains) {
    if (ours)
      next->domains_.insert(to_lower(name));
    else
      next->domains_.erase(to_lower(name));
  }
}

void Directory::Editor::edit_administrators(const Edits& edits) {
  auto& all = next->administrators_;
  for (const auto& [name, wanted] : edits.administrators) {
    std::erase_if(all, [&name = name](const Administrator& one) { return one.name == name; });
    if (wanted) all.push_back(*wanted);
  }
  std::sort(all.begin(), all.end(), earlier);
}

void Directory::Editor::take_out(AccountId id) {
  const Account* account = next->find(id);
  if (account == nullptr) return;
  for (const std::string& address : addresses_of(*account)) {
    const std::string key = address_key(address);
    names_at(key).erase(key);
  }
  accounts_at(id).erase(id);
  --next->size_;
}

Expected<void> Directory::Editor::check_address(const Account& account, const std::string& address) {
  const auto mailbox = mime::parse_mailbox(address, true);
  if (!mailbox || mailbox->domain.front() == '[') return fail(ErrorCode::bad_address, {address});
  if (!next->is_local(mailbox->domain)) return fail(ErrorCode::unknown_domain, {mailbox->domain});
  const std::string key = address_key(mailbox->local_part, mailbox->domain);
  if (!names_at(key).emplace(key, account.id).second) return fail(ErrorCode::already_exists, {address});
  return {};
}

Expected<void> Directory::Editor::put_in(Account account) {
  for (const std::string& address : addresses_of(account))
    if (auto good = check_address(account, address); !good) return good;
  const AccountId id = account.id;
  accounts_at(id)[id] = std::make_shared<const Account>(std::move(account));
  ++next->size_;
  return {};
}

/// A domain that goes may not leave addresses behind.
Expected<void> Directory::Editor::check_domains(const Edits& edits, const Directory& before) const {
  std::set<std::string> gone;
  for (const auto& [name, ours] : edits.domains)
    if (!ours && before.is_local(name)) gone.insert(to_lower(name));
  if (gone.empty()) return {};
  for (const auto& shard : next->names_)
    for (const auto& [key, id] : *shard)
      if (const std::string domain = key.substr(key.rfind('@') + 1); gone.contains(domain))
        return fail(ErrorCode::bad_input, {"domain/" + domain, "the address " + key + " is still in it"});
  return {};
}

Expected<void> Directory::Editor::check_administrators(const Directory& before) const {
  const auto& all = next->administrators_;
  if (all.empty() && !before.administrators_.empty())
    return fail(ErrorCode::last_administrator, {before.administrators_.front().name});
  for (const Administrator& one : all) {
    if (next->find(one.mailbox) != nullptr) continue;
    const Account* lost = before.find(one.mailbox);
    if (lost == nullptr)
      return fail(ErrorCode::bad_input, {"admin/" + one.name + " mailbox", "the id of a user is expected"});
    if (all.size() == 1) return fail(ErrorCode::last_administrator, {lost->address});
    return fail(ErrorCode::bad_input, {lost->address, "it is the mailbox of administrator " + one.name});
  }
  return {};
}

/// postmaster and abuse can be nobody's but the first administrator's.
Expected<void> Directory::Editor::check_roles(const Edits& edits) const {
  const Account* postmaster = next->postmaster();
  const auto refuse = [postmaster](const Account& account) -> Expected<void> {
    if (postmaster != nullptr && postmaster->id == account.id) return {};
    for (const std::string& address : addresses_of(account))
      if (const auto mailbox = mime::parse_mailbox(address, true); mailbox && identity::is_role(mailbox->local_part))
        return fail(ErrorCode::already_exists, {address});
    return {};
  };
  for (const auto& [id, wanted] : edits.accounts)
    if (wanted)
      if (auto good = refuse(*wanted); !good) return good;
  if (edits.administrators.empty()) return {};
  // Another first administrator: whoever has such an address already keeps the change from happening.
  for (const std::string& domain : next->domains_)
    for (const char* role : {"postmaster", "abuse"})
      if (const Account* account = next->find(role, domain))
        if (auto good = refuse(*account); !good) return good;
  return {};
}

Expected<std::shared_ptr<const Directory>> Directory::edit(const Edits& edits) const {
  Editor editor(*this);
  editor.edit_domains(edits);
  editor.edit_administrators(edits);
  // First all that goes or changes, then all that comes: addresses can move from one account to another in one change.
  for (const auto& [id, wanted] : edits.accounts) editor.take_out(id);
  for (const auto& [id, wanted] : edits.accounts)
    if (wanted)
      if (auto put = editor.put_in(*wanted); !put) return fail(put.error());
  if (auto good = editor.check_domains(edits, *this); !good) return fail(good.error());
  if (auto good = editor.check_administrators(*this); !good) return fail(good.error());
  if (auto good = editor.check_roles(edits); !good) return fail(good.error());
  return std::shared_ptr<const Directory>(std::move(editor.next));
}

}  // namespace postern::identity
