// smtp::Session in a dialogue: a small office with scripted rules.
//
// Mailboxes: alice@example.org (password "secret", alias al@example.org), bob@example.org; full@, disabled@ and
// later@example.org for the other answers; jürgen@example.org; "postmaster" is alice's. Everything else is unknown or
// not ours.
// Settings: size, recipients, errors, line, text_line, messages, logins, lenient, closed (the store takes nothing),
// no_tls, peer, manual (questions wait for "A:").
// Answers: accepted, wrong, disabled, unavailable; stored, no_space, mailbox_full, failed; a word "stale" before one
// answers another question.
// Checks: D: number of messages stored. H: a header line the machine wrote. M: the next line of the oldest message
// not looked at. m: the same with escapes, without CRLF added. M-end: nothing is left of it. V: a rule in the trace.
// secret: text that must not stand in the trace. transcript: a line that must.
#pragma once

#include <string>
#include <vector>

#include "dialogues/runner.h"
#include "protocol/smtp/session.h"

namespace postern::test {

class DialogueRules final : public smtp::Rules {
 public:
  smtp::Limits bounds;
  std::string name = "mx.example.org";
  bool is_lenient = false;
  bool takes_mail = true;
  bool has_tls = true;

  const smtp::Limits& limits() const override { return bounds; }
  const std::string& host_name() const override { return name; }
  smtp::Recipient recipient(std::string_view local_part, std::string_view domain) const override;
  bool may_send_as(smtp::AccountId account, std::string_view local_part, std::string_view domain) const override;
  bool lenient(const IpAddress&) const override { return is_lenient; }
  bool accepting() const override { return takes_mail; }
  bool tls_available() const override { return has_tls; }
};

class SmtpDialogue final : public DialogueMachine {
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

  smtp::Context context() { return {rules, now, trace}; }

  DialogueRules rules;
  WallTime now = 1'795'510'800 * kMicrosPerSecond;

 private:
  struct Stored {
    std::string headers;  ///< what the machine wrote before the content
    std::string content;
    std::string envelope;
  };

  void perform();
  void perform(const Action& action);
  void answer_question();
  void verified(smtp::VerifyAnswer::Kind kind, bool stale);
  void committed(smtp::CommitAnswer::Kind kind, bool stale);
  void keep_message();
  std::string check_message(const std::string& expected);
  std::string check_header(const std::string& pattern);
  std::string check_trace(const std::string& kind, const std::string& text) const;

  Trace trace{1, 25, *Endpoint::parse("192.0.2.7:50000"), *Endpoint::parse("192.0.2.1:25"), now};
  smtp::Session session_{0x123456789, *Endpoint::parse("192.0.2.7:50000")};
  Actions actions_;
  bool manual_ = false;
  bool in_message_ = false;
  std::string broken_;  ///< the machine broke a rule of its own
  std::string message_;
  std::vector<Stored> stored_;
  size_t looked_at_ = 0;
  size_t position_ = 0;
};

}  // namespace postern::test
