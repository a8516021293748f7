// A POP3 session with its surroundings played by the test: rules, a mailbox in memory, a driver that answers questions.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "protocol/pop3/session.h"

namespace postern::pop3 {

struct TestRules final : Rules {
  Limits values;
  std::string name = "mail.example.org";
  bool tls = true;

  const Limits& limits() const override { return values; }
  const std::string& host_name() const override { return name; }
  bool tls_available() const override { return tls; }
};

struct TestMailbox final : MailboxView {
  std::vector<std::string> messages;
  uint32_t unreadable = 0;  ///< number of the message whose entry cannot be read

  uint32_t count() const override { return static_cast<uint32_t>(messages.size()); }
  uint64_t octets() const override {
    uint64_t sum = 0;
    for (const std::string& message : messages) sum += message.size();
    return sum;
  }
  bool entry(uint32_t number, uint64_t& size, std::string& unique_id) const override {
    if (number == unreadable) return false;
    size = messages[number - 1].size();
    unique_id = "uid-" + std::to_string(number);
    return true;
  }
};

/// Performs actions as the network driver does. `answer` off leaves questions open for the test to answer.
struct Talk {
  TestRules rules;
  TestMailbox mailbox;
  Trace trace{1, 110, *Endpoint::parse("192.0.2.7:50000"), *Endpoint::parse("192.0.2.1:110"), 0};
  Session session{1, *Endpoint::parse("192.0.2.7:50000")};
  std::string pending;  ///< input the session has not used yet
  std::string sent;
  std::vector<uint32_t> removed;
  std::string password = "secret";
  size_t chunk = 4096;
  bool answer = true;
  bool asked = false;
  bool tls_started = false;
  bool closed = false;
  bool store_fails = false;
  bool update_fails = false;
  LoginAnswer::Kind login_result = LoginAnswer::Kind::accepted;
  WallTime now = 0;

  Context context() { return {rules, now, trace}; }

  void perform(Actions& actions) {
    for (size_t i = 0; i < actions.size(); ++i) {
      const Action action = actions[i];
      if (action.kind == Action::Kind::send) sent += action.bytes;
      if (action.kind == Action::Kind::ask) asked = true;
      if (action.kind == Action::Kind::start_tls) tls_started = true;
      if (action.kind == Action::Kind::close) closed = true;
    }
    if (tls_started) pending.clear();
  }

  template <class Call>
  void call(Call&& call_session) {
    Actions actions;
    call_session(actions);
    perform(actions);
  }

  void start() {
    call([&](Actions& out) { session.start(context(), out); });
  }

  void handshake(bool ok = true) {
    tls_started = false;
    call([&](Actions& out) { session.tls_done(context(), ok, "TLSv1.3 TLS_AES_256_GCM_SHA384", out); });
  }

  void feed_message(uint32_t number) {
    const std::string& message = mailbox.messages[session.question().message - 1];
    bool enough = store_fails;
    for (size_t at = 0; at < message.size() && !enough; at += chunk) {
      // A copy that dies with the call: the session may not keep views of it.
      const std::string piece = message.substr(at, chunk);
      call([&](Actions& out) { enough = session.content(context(), number, piece, out); });
    }
    call([&](Actions& out) { session.content_end(context(), number, !store_fails, out); });
  }

  void answer_question() {
    asked = false;
    const uint32_t number = session.question().number;
    switch (session.question().kind) {
      case Question::Kind::login: {
        LoginAnswer reply;
        reply.kind = login_result;
        if (session.question().secret.reveal() != password || session.question().login != "alice@example.org")
          reply.kind = LoginAnswer::Kind::wrong;
        reply.account = 7;
        reply.address = "alice@example.org";
        reply.mailbox = &mailbox;
        call([&](Actions& out) { session.logged_in(context(), number, reply, out); });
        break;
      }
      case Question::Kind::fetch:
        feed_message(number);
        break;
      case Question::Kind::listing:
        call([&](Actions& out) { session.more(context(), number, out); });
        break;
      case Question::Kind::update:
        if (!update_fails) removed = session.question().removals;
        call([&](Actions& out) { session.updated(context(), number, !update_fails, out); });
        break;
    }
  }

  void run() {
    for (;;) {
      while (answer && session.waiting()) answer_question();
      if (pending.empty() || session.waiting() || session.closed()) return;
      const std::string octets = std::exchange(pending, {});
      size_t used = 0;
      call([&](Actions& out) { used = session.input(context(), octets, out); });
      if (!tls_started) pending = octets.substr(used) + pending;
      if (used == 0 && !session.waiting()) return;
    }
  }

  /// Sends octets and returns everything said since.
  std::string raw(std::string_view octets) {
    pending += octets;
    run();
    return std::exchange(sent, {});
  }
  std::string say(std::string_view line) { return raw(std::string(line) + "\r\n"); }

  void secure() {
    start();
    say("STLS");
    handshake();
    sent.clear();
  }
  void log_in() {
    secure();
    say("USER alice@example.org");
    say("PASS secret");
    sent.clear();
  }
};

}  // namespace postern::pop3
