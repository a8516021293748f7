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
  change::Proposal proposal;
  proposal.action = "user.restore";
  proposal.undo = change::Undo::effect;
  proposal.items.emplace_back(DocumentName{kUserKind, (*removed)->id}, dump_json(body));
  const auto applied = apply(caller, request.reason, std::move(proposal));
  if (!applied) return applied.error();
  return user_reply((*removed)->id, *applied);
}

}  // namespace postern::service
