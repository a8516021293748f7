// pop3::Session in a dialogue: alice@example.org (password "secret") and her mailbox.
//
// Settings: message=TEXT adds a message (escapes; \x20 for a blank), many=N adds N messages of 3 octets; errors,
// logins, line, downgrade=never|structured|always, no_tls, unreadable=N (that message's entry cannot be read), manual
// (questions wait for "A:"). Answers: accepted, wrong, disabled, in_use, unavailable; content TEXT (escapes), end,
// broken; more; updated, not_updated. A word "stale" before one answers another question. Checks: removed: numbers of
// the messages removed. V: rule decision stage of a verdict in the trace. secret: text that must not stand in the
// trace. transcript: a line that must. user: who is logged in. Q: kind of the open question.
#pragma once

#include <string>
#include <vector>

#include "dialogues/runner.h"
#include "protocol/pop3/session.h"

namespace postern::test {

class Pop3Rules final : public pop3::Rules {
 public:
  pop3::Limits bounds;
  std::string name = "mx.example.org";
  bool has_tls = true;

  const pop3::Limits& limits() const override { return bounds; }
  const std::string& host_name() const override { return name; }
  bool tls_available() const override { return has_tls; }
};

class Pop3Mailbox final : public pop3::MailboxView {
 public:
  std::vector<std::string> messages;
  uint32_t unreadable = 0;

  uint32_t count() const override { return static_cast<uint32_t>(messages.size()); }
  uint64_t octets() const override;
  bool entry(uint32_t number, uint64_t& size, std::string& unique_id) const override;
};

class Pop3Dialogue final : public DialogueMachine {
 public:
  bool set(const std::string& key, const std::string& value) override;
  void start() override;
  size_t input(std::string_view octets) override;
  void tls_done(bool ok) override;
  bool answer(const std::string& text) override;
  bool event(const std::string& text) override;
  std::string check(const std::string& kind, const std::string& text) override;
  bool waiting() const override { return session_.waiting(); }
  std::string outcome() const override;

 private:
  pop3::Context context() { return {rules_, now_, trace_}; }
  void perform();
  void answer_question();
  void log_in(pop3::LoginAnswer::Kind kind, uint32_t question);
  void update(bool ok, uint32_t question);
  void deliver();
  std::string verdicts() const;

  Pop3Rules rules_;
  Pop3Mailbox mailbox_;
  WallTime now_ = 1'795'510'800 * kMicrosPerSecond;
  Trace trace_{1, 110, *Endpoint::parse("192.0.2.7:50000"), *Endpoint::parse("192.0.2.1:110"), now_};
  pop3::Session session_{1, *Endpoint::parse("192.0.2.7:50000")};
  Actions actions_;
  std::string removed_;
  bool manual_ = false;
};

}  // namespace postern::test
