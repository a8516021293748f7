// A folder with an administration in it, for tests.
#pragma once

#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>

#include "base/json.h"
#include "crypto/kdf.h"
#include "crypto/random.h"
#include "service/admin/admin_state.h"
#include "support/folders.h"

namespace postern::test {

using service::AdminState;

struct AdminFixture {
  QTemporaryDir folder{quick_folder()};
  ManualClock clock;
  crypto::AeadKey kek{};
  std::string boot = "boot-1";
  std::unique_ptr<AdminState> admin;
  api::Caller owner{"alice", api::Role::owner, "socket"};
  api::Caller helper{"bob", api::Role::operator_, "socket"};

  AdminFixture() { crypto::random_bytes(kek); }
  std::string path() const { return folder.path().toStdString(); }
  Expected<void> create(std::string password = "secret") {
    service::Beginning beginning;
    beginning.domain = "Example.org";
    beginning.administrator = "alice";
    beginning.password = Secret(std::move(password));
    return AdminState::create(path(), kek, clock, std::move(beginning));
  }
  Expected<void> open() {
    admin.reset();
    auto opened = AdminState::open(path(), kek, clock, boot);
    if (!opened) return fail(opened.error());
    admin = std::move(*opened);
    admin->set_password_cost({64, 1, 1});
    return {};
  }
  bool begin() { return create().has_value() && open().has_value(); }

  template <class Request>
  Expected<typename Request::Answer> ask(Request request, const api::Caller& caller) {
    const api::Reply reply = admin->handle(caller, api::Request(std::move(request)));
    if (const Error* error = api::error_of(reply)) return fail(*error);
    return std::get<typename Request::Answer>(reply);
  }
  template <class Request>
  Expected<typename Request::Answer> ask(Request request) {
    return ask(std::move(request), owner);
  }
  /// The answer to what cannot fail here.
  template <class Request>
  typename Request::Answer want(Request request) {
    return ask(std::move(request)).value();
  }
  Expected<api::UsersReply> add(const std::string& address, const std::string& password = "",
                                std::vector<std::string> aliases = {}) {
    return ask(api::UserAdd{.address = address, .password = password, .aliases = std::move(aliases)});
  }
  Expected<api::ChangeMade> set(const std::string& id, const std::string& field, const std::string& json,
                                std::optional<uint32_t> confirm_within = std::nullopt) {
    return ask(
        api::DocumentSet{.id = id, .fields = {{field, {json}}}, .reason = "test", .confirm_within = confirm_within});
  }
  Json get(const std::string& id) {
    const auto reply = ask(api::DocumentGet{.id = id});
    return reply ? Json::parse(reply->document.text) : Json();
  }
  std::string state_of(const std::string& change) {
    const auto reply = ask(api::ChangeShow{.id = change});
    return reply ? reply->state : "?";
  }
  const identity::Account* account(const std::string& address) {
    kept = admin->policy();
    return kept->directory->find(std::string_view(address));
  }
  std::shared_ptr<const service::Policy> kept;
};

}  // namespace postern::test
