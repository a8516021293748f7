// Users: documents of the kind user, their passwords as secrets.
#include <algorithm>

#include "base/text.h"
#include "protocol/mime/address.h"
#include "service/admin/parts.h"

namespace postern::service {
namespace {

constexpr size_t kRowOverhead = 200;  // octets of a row's JSON beside its texts

bool same_address(const std::string& a, const std::string& b) {
  return identity::address_key(a) == identity::address_key(b);
}

Expected<std::string> normal_address(const std::string& text) {
  const auto mailbox = mime::parse_mailbox(text, true);
  if (!mailbox) return fail(ErrorCode::bad_address, {text});
  return mailbox->to_string();
}

Expected<void> check_password(const Secret& password) {
  const std::string_view text = password.reveal();
  if (text.size() > identity::kPasswordLimit)
    return fail(ErrorCode::bad_password, {"it is longer than " + std::to_string(identity::kPasswordLimit) + " octets"});
  if (!is_utf8(text)) return fail(ErrorCode::bad_password, {"it is not UTF-8"});
  // NUL parts the fields of AUTH PLAIN, a line end ends a command: no client could send it.
  if (std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 32) || c == 127; }))
    return fail(ErrorCode::bad_password, {"it holds a control character"});
  return {};
}

void put_aliases(Json& body, const std::vector<std::string>& aliases) {
  body["aliases"] = aliases;
}

Expected<void> change_aliases(Json& body, const api::UserSet& request) {
  auto aliases = body.value("aliases", std::vector<std::string>());
  for (const std::string& gone : request.remove_aliases) {
    const auto found = std::find_if(aliases.begin(), aliases.end(),
                                    [&gone](const std::string& alias) { return same_address(alias, gone); });
    if (found == aliases.end()) return fail(ErrorCode::not_found, {"alias " + gone});
    aliases.erase(found);
  }
  for (const std::string& text : request.add_aliases) {
    const auto address = normal_address(text);
    if (!address) return fail(address.error());
    const bool there = std::any_of(aliases.begin(), aliases.end(),
                                   [&](const std::string& alias) { return same_address(alias, *address); });
    if (!there) aliases.push_back(*address);
  }
  put_aliases(body, aliases);
  return {};
}

size_t octets_of(const api::UserRow& row) {
  size_t out = kRowOverhead + row.address.size();
  for (const std::string& alias : row.aliases) out += alias.size() + 3;
  return out;
}

}  // namespace

const identity::Account* AdminState::Parts::find_user(const std::string& user) const {
  const identity::Directory& directory = *builder.policy()->directory;
  if (const auto id = parse_id(user)) return directory.find(*id);
  return directory.find(std::string_view(user));
}

Expected<change::NewSecret> AdminState::Parts::password_secret(const Secret& password, const std::string& id,
                                                               const std::string& address,
                                                               identity::Weakness& weakness) {
  if (auto good = check_password(password); !good) return fail(good.error());
  // Offline and as a warning only: the administrator decides.
  weakness = identity::weakness_of(password, address);
  return new_secret({kUserKind, id}, "password", Secret(crypto::argon2id_hash(password, password_cost)));
}

api::Reply AdminState::Parts::user_reply(const std::string& id, const change::Applied& applied,
                                         identity::Weakness weakness) {
  api::UsersReply reply;
  if (const identity::Account* account = find_user(id)) reply.users.push_back(row_of(*account));
  if (applied.changed) reply.change = std::to_string(applied.id);
  if (weakness != identity::Weakness::none) reply.weakness = identity::weakness_name(weakness);
  return reply;
}

/// The counter alone does not tell: a document may have been made without it, and whoever has an id has its mail.
Expected<uint64_t> AdminState::Parts::free_user_id() {
  const auto last = store->number(kAccountNumber);
  if (!last) return last;
  for (uint64_t id = *last + 1;; ++id) {
    const auto row = store->document({kUserKind, std::to_string(id)});
    if (!row) return fail(row.error());
    if (!*row) return id;
  }
}

api::Reply AdminState::Parts::user_add(const api::Caller& caller, const api::UserAdd& request) {
  const auto address = normal_address(request.address);
  if (!address) return address.error();
  const auto number = free_user_id();
  if (!number) return number.error();
  const std::string id = std::to_string(*number);
  identity::Weakness weakness{};
  Json body{{"address", *address}, {"created", format_rfc3339(clock.wall())}};
  if (request.quota) body["quota"] = *request.quota;
  api::UserSet aliases;
  aliases.add_aliases = request.aliases;
  if (auto done = change_aliases(body, aliases); !done) return done.error();
  change::Proposal proposal;
  proposal.action = "user.add";
  proposal.undo = change::Undo::effect;
  proposal.numbers[kAccountNumber] = *number;
  if (!request.password.empty()) {
    auto secret = password_secret(Secret(request.password), id, *address, weakness);
    if (!secret) return secret.error();
    body["password"] = secret->id;
    proposal.secrets.push_back(std::move(*secret));
  }
  proposal.items.emplace_back(DocumentName{kUserKind, id}, dump_json(body));
  const auto applied = apply(caller, request.reason, std::move(proposal));
  if (!applied) return applied.error();
  return user_reply(id, *applied, weakness);
}

api::Reply AdminState::Parts::user_set(const api::Caller& caller, const api::UserSet& request) {
  const identity::Account* account = find_user(request.user);
  if (account == nullptr) return Error{ErrorCode::not_found, {"user " + request.user}};
  const DocumentName name{kUserKind, std::to_string(account->id)};
  auto body = body_of(name);
  if (!body) return body.error();
  if (auto done = change_aliases(*body, request); !done) return done.error();
  if (request.quota) (*body)["quota"] = *request.quota;
  if (request.disabled) (*body)["disabled"] = *request.disabled;
  if (request.level) (*body)["level"] = *request.level;
  change::Proposal proposal;
  proposal.action = "user.set";
  identity::Weakness weakness{};
  if (request.password && request.password->empty()) (*body)["password"] = "";
  if (request.password && !request.password->empty()) {
    auto secret = password_secret(Secret(*request.password), name.id, account->address, weakness);
    if (!secret) return secret.error();
    (*body)["password"] = secret->id;
    proposal.secrets.push_back(std::move(*secret));
  }
  proposal.items.emplace_back(name, dump_json(*body));
  const auto applied = apply(caller, request.reason, std::move(proposal));
  if (!applied) return applied.error();
  return user_reply(name.id, *applied, weakness);
}

/// An administrator goes with his mailbox, unless he is the last one.
api::Reply AdminState::Parts::user_remove(const api::Caller& caller, const api::UserRemove& request) {
  const identity::Account* account = find_user(request.user);
  if (account == nullptr) return Error{ErrorCode::not_found, {"user " + request.user}};
  const auto& administrators = builder.policy()->directory->administrators();
  change::Proposal proposal;
  proposal.action = "user.remove";
  proposal.undo = change::Undo::effect;
  const identity::AccountId id = account->id;
  const api::UserRow row = row_of(*account);
  proposal.items.emplace_back(DocumentName{kUserKind, std::to_string(id)}, std::nullopt);
  for (const identity::Administrator& one : administrators)
    if (one.mailbox == id) proposal.items.emplace_back(DocumentName{kAdminKind, one.name}, std::nullopt);
  if (proposal.items.size() > administrators.size()) return Error{ErrorCode::last_administrator, {account->address}};
  const auto applied = apply(caller, request.reason, std::move(proposal));
  if (!applied) return applied.error();
  api::UsersReply reply;
  reply.users.push_back(row);
  reply.users.back().removed = true;
  reply.change = std::to_string(applied->id);
  return reply;
}

api::Reply AdminState::Parts::user_show(const api::UserShow& request) {
  const identity::Account* account = find_user(request.user);
  if (account == nullptr) return Error{ErrorCode::not_found, {"user " + request.user}};
  api::UsersReply reply;
  reply.users.push_back(row_of(*account));
  return reply;
}

api::Reply AdminState::Parts::user_list(const api::UserList& request) {
  const auto after = request.cursor.empty() ? std::optional<uint64_t>(0) : parse_id(request.cursor);
  if (!after) return Error{ErrorCode::bad_input, {"cursor", request.cursor}};
  std::vector<std::pair<uint64_t, const Removed*>> rows;  // null: it is there
  builder.policy()->directory->each([&](const identity::Account& account) {
    if (account.id > *after) rows.emplace_back(account.id, nullptr);
  });
  std::vector<Removed> removed;
  if (request.removed) {
    auto found = removed_users();
    if (!found) return found.error();
    removed = std::move(*found);
  }
  for (const Removed& one : removed)
    if (const auto id = parse_id(one.id); id && *id > *after) rows.emplace_back(*id, &one);
  // Only as many as a page may hold are put in order, and one more that says whether there is another page.
  const size_t most = request.limit == 0 ? kPageRows : std::min<size_t>(request.limit, kPageRows);
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), most + 1));
  std::partial_sort(rows.begin(), end, rows.end());
  rows.erase(end, rows.end());
  api::UsersReply reply;
  PageBudget budget(request.limit);
  for (const auto& [id, gone] : rows) {
    api::UserRow row = gone != nullptr ? row_of(*gone) : row_of(*builder.policy()->directory->find(id));
    if (!budget.take(octets_of(row))) {
      reply.next = reply.users.back().id;
      break;
    }
    reply.users.push_back(std::move(row));
  }
  return reply;
}

}  // namespace postern::service
