#include "postern/messages.h"

#include <QtTest>
#include <algorithm>
#include <set>
#include <thread>

#include "core/api/fill.h"
#include "postern/channel.h"

using namespace postern;
using namespace postern::api;

namespace {

/// Stands for a value of any type, to count the members of an aggregate.
struct Any {
  template <class T>
  operator T() const;
};

template <class T, class... Given>
constexpr size_t member_count() {
  if constexpr (requires { T{Given{}..., Any{}}; }) {
    return member_count<T, Given..., Any>();
  } else {
    return sizeof...(Given);
  }
}

template <class T>
size_t field_count() {
  size_t count = 0;
  T value{};
  T::visit_fields(value, [&count](std::string_view, auto&) { ++count; });
  return count;
}

template <class T>
void check_fields_named() {
  if constexpr (!std::is_same_v<T, Error>) QCOMPARE(field_count<T>(), member_count<T>());
}

template <class... Ts>
void check_all(const std::variant<Ts...>*) {
  (check_fields_named<Ts>(), ...);
}

}  // namespace

class MessagesTest : public QObject {
  Q_OBJECT
 private slots:
  void every_member_is_a_field();
  void every_request_says_what_it_is();
  void reads_need_no_more_than_an_auditor();
  void changes_take_a_reason();
  void answers_are_replies();
  void names_are_unique();
  void equality_sees_each_field();
  void secrets_are_marked();
  void secrets_stay_out_of_descriptions();
  void secrets_are_wiped();
  void description_is_bounded_and_plain();
  void roles();
  void nobody_raises_his_own_role();
  void call_waits_for_the_reply();
};

void MessagesTest::every_member_is_a_field() {
  QCOMPARE((member_count<FieldValue>()), size_t(2));
  check_all(static_cast<const Request*>(nullptr));
  check_all(static_cast<const Reply*>(nullptr));
  check_all(static_cast<const Event*>(nullptr));
  check_all(static_cast<const std::variant<UserRow, DocumentRow, FieldValue, ChangeRow, ChangeItem, AuditRow, FirstBad,
                                           SessionInfo, SessionStage, StageVerdict>*>(nullptr));
}

void MessagesTest::every_request_says_what_it_is() {
  QCOMPARE(all_requests().size(), std::variant_size_v<Request>);
  for (const RequestInfo& info : all_requests()) {
    const std::string name(info.name);
    QVERIFY2(!name.empty(), "a request without verb words");
    QVERIFY2(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz ") == std::string::npos, name.c_str());
    QVERIFY2(!role_name(info.role).empty(), name.c_str());
    QVERIFY2(!undo_class_name(info.undo).empty(), name.c_str());
    QVERIFY2(info.no_verb.empty() || info.no_verb.size() > 20, name.c_str());
  }
  QCOMPARE(std::count_if(all_requests().begin(), all_requests().end(),
                         [](const RequestInfo& i) { return !i.no_verb.empty(); }),
           1);
}

void MessagesTest::reads_need_no_more_than_an_auditor() {
  for (const RequestInfo& info : all_requests()) {
    const std::string name(info.name);
    QVERIFY2((info.undo == UndoClass::none) == (info.role == Role::auditor), name.c_str());
  }
}

void MessagesTest::changes_take_a_reason() {
  // A confirmation belongs to a change that has its reason; a stopped service has none to keep it.
  const std::set<std::string_view> without = {"change confirm", "stop"};
  test::for_each_message(static_cast<const Request*>(nullptr), [&without](const auto& request) {
    using T = std::decay_t<decltype(request)>;
    bool has_reason = false;
    T::visit_fields(request,
                    [&has_reason](std::string_view name, const auto&) { has_reason = has_reason || name == "reason"; });
    const bool wanted = T::kInfo.undo != UndoClass::none && !without.contains(T::kInfo.name);
    QVERIFY2(has_reason == wanted, std::string(T::kInfo.name).c_str());
  });
}

void MessagesTest::answers_are_replies() {
  test::for_each_message(static_cast<const Request*>(nullptr), [](const auto& request) {
    const Reply reply = typename std::decay_t<decltype(request)>::Answer{};
    QVERIFY(error_of(reply) == nullptr);
  });
}

void MessagesTest::names_are_unique() {
  std::set<std::string_view> names;
  for (const RequestInfo& info : all_requests()) QVERIFY(names.insert(info.name).second);
  names.clear();
  test::for_each_message(
      static_cast<const std::variant<HelloReply, StatusReply, StopReply, MetricsReply, UsersReply, DocumentsReply,
                                     DocumentReply, ChangeMade, ChangesReply, ChangeReply, AuditReply, AuditEntryReply,
                                     AuditVerifyReply, SessionsReply, SessionReply, SessionKilled, CertificateReply,
                                     AuthorityReply>*>(nullptr),
      [&names](const auto& reply) { names.insert(std::decay_t<decltype(reply)>::kName); });
  QCOMPARE(names.size(), std::variant_size_v<Reply> - 1);
}

void MessagesTest::equality_sees_each_field() {
  test::for_each_message(static_cast<const Request*>(nullptr), [](const auto& message) {
    using T = std::decay_t<decltype(message)>;
    T filled{};
    test::Filler().fill(filled);
    for (size_t i = 0; i < field_count<T>(); ++i) {
      T other = filled;
      size_t at = 0;
      T::visit_fields(other, [&at, i](std::string_view, auto& field) {
        if (at++ == i) field = std::decay_t<decltype(field)>{};
      });
      QVERIFY2(!(other == filled), std::string(T::kInfo.name).c_str());
    }
  });
}

void MessagesTest::secrets_are_marked() {
  const std::set<std::string_view> secret_names = {"password", "passphrase", "secret", "token", "certificate"};
  test::for_each_message(static_cast<const Request*>(nullptr), [&secret_names](const auto& request) {
    using T = std::decay_t<decltype(request)>;
    T::visit_fields(request, [&secret_names](std::string_view name, const auto& field) {
      if (!secret_names.contains(name) && !std::is_same_v<std::decay_t<decltype(field)>, Octets>) return;
      bool marked = false;
      if constexpr (requires { T::is_secret_field(name); }) marked = T::is_secret_field(name);
      QVERIFY2(marked, std::string(T::kInfo.name).c_str());
    });
  });
}

void MessagesTest::secrets_stay_out_of_descriptions() {
  const std::string password = "corr3ct-horse";
  QCOMPARE(describe(UserAdd{.address = "a@b.example", .password = password}),
           std::string("user add address=\"a@b.example\" password=***"));
  const std::string set = describe(UserSet{.user = "a", .password = password, .disabled = false});
  QCOMPARE(set, std::string("user set user=\"a\" password=*** disabled=false"));
  const std::string import =
      describe(CertificateImport{.certificate = {"PEM"}, .key = {"KEY"}, .passphrase = password, .reason = "renewed"});
  QCOMPARE(import, std::string("certificate import certificate=*** key=*** passphrase=*** reason=\"renewed\""));
}

void MessagesTest::secrets_are_wiped() {
  test::for_each_message(static_cast<const Request*>(nullptr), [](const auto& message) {
    using T = std::decay_t<decltype(message)>;
    Request request = message;
    wipe_secrets(request);
    T expected = message;
    T::visit_fields(expected, [](std::string_view name, auto& field) {
      if constexpr (requires { T::is_secret_field(name); }) {
        if (!T::is_secret_field(name)) return;
        if constexpr (std::is_same_v<std::decay_t<decltype(field)>, std::optional<std::string>>) {
          if (field) field->clear();
        } else {
          field = {};
        }
      }
    });
    QVERIFY2(std::get<T>(request) == expected, std::string(T::kInfo.name).c_str());
  });
}

void MessagesTest::description_is_bounded_and_plain() {
  const std::string long_text = describe(UserShow{.user = std::string(5000, 'x')});
  QVERIFY(long_text.size() < 300);
  const std::string wide = describe(UserShow{.user = std::string(254, 'x') + "\xe4\xbd\xa0"});
  QVERIFY(wide.find("\xe4") == std::string::npos || wide.find("\xe4\xbd\xa0") != std::string::npos);
  const std::string evil = describe(UserRemove{.user = "a\r\nb\x1b[31m", .reason = "c\xff"});
  QVERIFY(evil.find('\n') == std::string::npos && evil.find('\r') == std::string::npos &&
          evil.find('\x1b') == std::string::npos);
  QCOMPARE(describe(Status{}), std::string("status"));
}

void MessagesTest::roles() {
  QVERIFY(may(Role::owner, Role::operator_) && may(Role::operator_, Role::operator_) &&
          may(Role::operator_, Role::auditor));
  QVERIFY(!may(Role::auditor, Role::operator_) && !may(Role::operator_, Role::owner));
  for (const Role role : {Role::auditor, Role::operator_, Role::owner}) {
    Role back = role == Role::auditor ? Role::owner : Role::auditor;
    QVERIFY(role_from_name(role_name(role), back));
    QVERIFY(back == role);
  }
  Role untouched = Role::operator_;
  QVERIFY(!role_from_name("Owner", untouched) && !role_from_name("", untouched));
  QVERIFY(untouched == Role::operator_);
  QVERIFY(role_name(static_cast<Role>(9)).empty());
}

void MessagesTest::nobody_raises_his_own_role() {
  QVERIFY(role_to_change("user") == Role::operator_);
  for (const char* kind : {"administrator", "smtp", "identity", "", "USER", "user/1"})
    QVERIFY2(role_to_change(kind) == Role::owner, kind);
}

void MessagesTest::call_waits_for_the_reply() {
  struct LateChannel : Channel {
    std::thread thread;
    void send(Request, ReplyHandler handler) override {
      thread = std::thread([handler = std::move(handler)] { handler(StopReply{}); });
    }
  } channel;
  const Reply reply = call(channel, Stop{});
  channel.thread.join();
  QVERIFY(std::holds_alternative<StopReply>(reply));
}

QTEST_APPLESS_MAIN(MessagesTest)
#include "messages_test.moc"
