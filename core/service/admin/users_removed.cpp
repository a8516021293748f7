// Users that were removed: their documents as they were, out of the journal, and the way back.
#include <algorithm>

#include "service/admin/parts.h"

namespace postern::service {
namespace {

constexpr size_t kPage = 1000;

bool bears(const Json& body, const std::string& key) {
  if (identity::address_key(body.value("address", "")) == key) return true;
  const auto aliases = body.value("aliases", std::vector<std::string>());
  return std::any_of(aliases.begin(), aliases.end(),
                     [&key](const std::string& alias) { return identity::address_key(alias) == key; });
}

}  // namespace

Expected<std::vector<AdminState::Parts::Removed>> AdminState::Parts::removed_users() {
  std::vector<Removed> out;
  std::string after;
  for (;;) {
    const auto page = store->documents(kUserKind, after, kPage, true);
    if (!page) return fail(page.error());
    for (const change::StoredDocument& document : *page) {
      if (document.body) continue;
      const auto change = store->change(document.version);
      if (!change) return fail(change.error());
      if (!*change) continue;
      const auto item = std::find_if((*change)->items.begin(), (*change)->items.end(),
                                     [&](const change::Item& one) { return one.name == document.name; });
      if (item == (*change)->items.end() || !item->before) continue;
      auto body = parse_json(*item->before);
      if (body) out.push_back({document.name.id, document.version, std::move(*body)});
    }
    if (page->size() < kPage) return out;
    after = page->back().name.to_string();
  }
}

/// By id, address or alias; of several, the one that was removed last.
Expected<std::optional<AdminState::Parts::Removed>> AdminState::Parts::find_removed(const std::string& user) {
  auto all = removed_users();
  if (!all) return fail(all.error());
  const std::string key = identity::address_key(user);
  std::optional<Removed> out;
  for (Removed& one : *all) {
    if (one.id != user && !bears(one.body, key)) continue;
    if (!out || one.version > out->version) out = std::move(one);
  }
  return out;
}

Expected<AdminState::Parts::Administrators> AdminState::Parts::removed_administrators(const Removed& removed) {
  Administrators out;
  const auto change = store->change(removed.version);
  if (!change) return fail(change.error());
  if (!*change) return out;
  for (const change::Item& item : (*change)->items) {
    if (item.name.kind != kAdminKind || !item.before || item.after) continue;
    const auto body = parse_json(*item.before);
    if (!body || body->value("mailbox", "") != removed.id) continue;
    const auto now = store->document(item.name);
    if (!now) return fail(now.error());
    const bool name_taken = *now && (*now)->body;
    const bool os_user_taken = builder.policy()->directory->administrator_of(body->value("os_user", "")) != nullptr;
    if (!name_taken && !os_user_taken) out.emplace_back(item.name, *item.before);
  }
  return out;
}

api::Reply AdminState::Parts::user_restore(const api::Caller& caller, const api::UserRestore& request) {
  auto removed = find_removed(request.user);
  if (!removed) return removed.error();
  if (!*removed) {
    const identity::Account* there = find_user(request.user);
    if (there != nullptr) return Error{ErrorCode::already_exists, {there->address}};
    return Error{ErrorCode::not_found, {"removed user " + request.user}};
  }
  Json body = std::move((*removed)->body);
  // A password that was removed for good meanwhile has to be set anew.
  const std::string password = body.value("password", "");
  if (!password.empty()) {
    const auto info = store->secret_info(password);
    if (!info) return info.error();
    if (!*info) body["password"] = "";
  }
  const auto administrators = removed_administrators(**removed);
  if (!administrators) return administrators.error();
  const DocumentName name{kUserKind, (*removed)->id};
  const auto bring_back = [&](const Administrators& together) {
    change::Proposal proposal;
    proposal.action = "user.restore";
    proposal.undo = change::Undo::effect;
    proposal.items.emplace_back(name, dump_json(body));
    proposal.items.insert(proposal.items.end(), together.begin(), together.end());
    return apply(caller, request.reason, std::move(proposal));
  };
  auto applied = bring_back(*administrators);
  // An operator, say, brings back the user and his mail; the administrator takes an owner.
  if (!applied && !administrators->empty()) applied = bring_back({});
  if (!applied) return applied.error();
  return user_reply(name.id, *applied);
}

}  // namespace postern::service
