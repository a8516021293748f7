#include "dialogues/smtp_machine.h"

#include <algorithm>

#include "base/text.h"

namespace postern::test {
namespace {

using smtp::CommitAnswer;
using smtp::Recipient;
using smtp::VerifyAnswer;

constexpr smtp::AccountId kAlice = 1;
constexpr smtp::AccountId kBob = 2;

uint32_t number(const std::string& text) {
  return static_cast<uint32_t>(std::stoul(text));
}

}  // namespace

Recipient DialogueRules::recipient(std::string_view local_part, std::string_view domain) const {
  const std::string name_part = to_lower(local_part);
  if (domain.empty()) return {Recipient::Kind::local, kAlice};
  if (domain != "example.org") return {Recipient::Kind::relay_denied, 0};
  if (name_part == "alice" || name_part == "al" || name_part == "postmaster" || name_part == "j\xc3\xbcrgen")
    return {Recipient::Kind::local, kAlice};
  // A catch-all of the kind that makes relay forms dangerous.
  if (name_part == "bob" || name_part.find_first_of("%!@") != std::string::npos) return {Recipient::Kind::local, kBob};
  if (name_part == "full") return {Recipient::Kind::mailbox_full, 0};
  if (name_part == "disabled") return {Recipient::Kind::disabled, 0};
  if (name_part == "later") return {Recipient::Kind::unavailable, 0};
  return {Recipient::Kind::unknown, 0};
}

bool DialogueRules::may_send_as(smtp::AccountId account, std::string_view local_part, std::string_view domain) const {
  return account == kAlice && domain == "example.org" && (local_part == "alice" || local_part == "al");
}

bool SmtpDialogue::set(const std::string& key, const std::string& value) {
  smtp::Limits& bounds = rules.bounds;
  if (key == "size")
    bounds.message_size = number(value);
  else if (key == "recipients")
    bounds.recipients = number(value);
  else if (key == "errors")
    bounds.errors = number(value);
  else if (key == "line")
    bounds.command_line = number(value);
  else if (key == "text_line")
    bounds.text_line = number(value);
  else if (key == "messages")
    bounds.messages = number(value);
  else if (key == "logins")
    bounds.logins = number(value);
  else if (key == "lenient")
    rules.is_lenient = true;
  else if (key == "closed")
    rules.takes_mail = false;
  else if (key == "no_tls")
    rules.has_tls = false;
  else if (key == "manual")
    manual_ = true;
  else if (key == "peer")
    session_ = smtp::Session(0x123456789, *Endpoint::parse(value));
  else
    return false;
  return true;
}

void SmtpDialogue::start() {
  session_.start(context(), actions_);
  perform();
}

size_t SmtpDialogue::input(std::string_view octets) {
  const size_t used = session_.input(context(), octets, actions_);
  perform();
  return used;
}

void SmtpDialogue::tls_done(bool ok) {
  session_.tls_done(context(), ok, ok ? "TLSv1.3 TLS_AES_256_GCM_SHA384" : "no shared cipher", actions_);
  perform();
}

/// Until nothing is wanted at once any more.
void SmtpDialogue::perform() {
  for (;;) {
    Actions list;
    std::swap(list, actions_);
    for (size_t i = 0; i < list.size(); ++i) perform(list[i]);
    if (manual_ || !session_.waiting()) return;
    answer_question();
  }
}

void SmtpDialogue::perform(const Action& action) {
  switch (action.kind) {
    case Action::Kind::send:
      sent += action.bytes;
      break;
    case Action::Kind::start_tls:
      tls_wanted = true;
      break;
    case Action::Kind::close:
      closed = true;
      break;
    case Action::Kind::begin:
      if (in_message_) broken_ = "begin in a message";
      in_message_ = true;
      message_.clear();
      break;
    case Action::Kind::content:
      if (!in_message_) broken_ = "content outside a message";
      message_ += action.bytes;
      break;
    case Action::Kind::abort:
      if (!in_message_) broken_ = "abort outside a message";
      in_message_ = false;
      break;
    case Action::Kind::commit:
      if (!in_message_) broken_ = "commit outside a message";
      in_message_ = false;
      break;
    case Action::Kind::ask:
      break;
  }
}

void SmtpDialogue::answer_question() {
  if (session_.question().kind == smtp::Question::Kind::commit) return committed(CommitAnswer::Kind::stored, false);
  const smtp::Question& question = session_.question();
  const bool right = question.login == "alice@example.org" && question.secret.reveal() == "secret";
  verified(right ? VerifyAnswer::Kind::accepted : VerifyAnswer::Kind::wrong, false);
}

void SmtpDialogue::verified(VerifyAnswer::Kind kind, bool stale) {
  const VerifyAnswer reply{kind, kAlice, "alice@example.org"};
  session_.verified(context(), session_.question().number + (stale ? 7 : 0), reply, actions_);
}

void SmtpDialogue::committed(CommitAnswer::Kind kind, bool stale) {
  if (kind == CommitAnswer::Kind::stored && !stale) keep_message();
  session_.committed(context(), session_.question().number + (stale ? 7 : 0), {kind, 42}, actions_);
}

void SmtpDialogue::keep_message() {
  Stored message;
  // Return-Path and Received, to the end of the latter's last folded line.
  size_t end = message_.find("\r\nReceived: ") + 2;
  do end = message_.find("\r\n", end) + 2;
  while (message_[end] == '\t');
  message.headers = message_.substr(0, end);
  message.content = message_.substr(end);
  const smtp::Envelope& envelope = session_.envelope();
  message.envelope = "from <" + envelope.reverse_path + ">";
  for (const std::string& recipient : envelope.recipients) message.envelope += " to <" + recipient + ">";
  message.envelope += " mailboxes";
  for (const smtp::AccountId account : envelope.mailboxes) message.envelope += " " + std::to_string(account);
  if (!envelope.dsn_ret.empty()) message.envelope += " ret " + envelope.dsn_ret;
  if (!envelope.dsn_envid.empty()) message.envelope += " envid " + envelope.dsn_envid;
  for (const auto& dsn : envelope.recipient_dsn) {
    if (!dsn.notify.empty()) message.envelope += " notify " + dsn.notify;
    if (!dsn.orcpt.empty()) message.envelope += " orcpt " + dsn.orcpt;
  }
  stored_.push_back(std::move(message));
}

bool SmtpDialogue::answer(const std::string& text) {
  if (!session_.waiting()) return false;
  const bool stale = text.substr(0, 6) == "stale ";
  const std::string word = stale ? text.substr(6) : text;
  if (word == "accepted")
    verified(VerifyAnswer::Kind::accepted, stale);
  else if (word == "wrong")
    verified(VerifyAnswer::Kind::wrong, stale);
  else if (word == "disabled")
    verified(VerifyAnswer::Kind::disabled, stale);
  else if (word == "unavailable")
    verified(VerifyAnswer::Kind::unavailable, stale);
  else if (word == "stored")
    committed(CommitAnswer::Kind::stored, stale);
  else if (word == "no_space")
    committed(CommitAnswer::Kind::no_space, stale);
  else if (word == "mailbox_full")
    committed(CommitAnswer::Kind::mailbox_full, stale);
  else if (word == "failed")
    committed(CommitAnswer::Kind::failed, stale);
  else
    return false;
  perform();
  return true;
}

bool SmtpDialogue::event(const std::string& text) {
  if (text == "timeout")
    session_.timed_out(context(), actions_);
  else if (text == "stop")
    session_.stop(context(), "", false, actions_);
  else if (text == "finish and stop")
    session_.stop(context(), "", true, actions_);
  else if (text == "gone")
    session_.disconnected(context(), actions_);
  else
    return false;
  perform();
  return true;
}

std::string SmtpDialogue::check(const std::string& kind, const std::string& text) {
  if (!broken_.empty()) return broken_;
  if (kind == "D")
    return stored_.size() == number(text) ? std::string() : std::to_string(stored_.size()) + " messages stored";
  if (kind == "V" || kind == "secret" || kind == "transcript" || kind == "user" || kind == "helo")
    return check_trace(kind, text);
  if (stored_.size() <= looked_at_) return "no message to look at";
  if (kind == "H") return check_header(text);
  if (kind == "M") return check_message(text + "\r\n");
  if (kind == "m") return check_message(unescape(text));
  if (kind == "envelope") {
    const std::string& envelope = stored_[looked_at_].envelope;
    return matches(text, envelope) ? std::string() : "envelope is " + envelope;
  }
  if (kind != "M-end") return "no check " + kind;
  const std::string left = stored_[looked_at_].content.substr(position_);
  ++looked_at_;
  position_ = 0;
  return left.empty() ? std::string() : "left of the message: " + printable(left);
}

std::string SmtpDialogue::check_message(const std::string& expected) {
  const std::string& content = stored_[looked_at_].content;
  if (content.substr(position_, expected.size()) != expected)
    return "message has " + printable(content.substr(position_));
  position_ += expected.size();
  return {};
}

std::string SmtpDialogue::check_header(const std::string& pattern) {
  const std::string& headers = stored_[looked_at_].headers;
  return matches("*" + unescape(pattern) + "*", headers) ? std::string() : "headers are " + printable(headers, 1000);
}

std::string SmtpDialogue::check_trace(const std::string& kind, const std::string& text) const {
  std::string all = trace.transcript();
  if (kind == "user") return trace.user() == text ? std::string() : "user is " + trace.user();
  if (kind == "helo") return trace.helo() == text ? std::string() : "helo is " + trace.helo();
  if (kind == "transcript") return matches("*" + text + "*", all) ? std::string() : "transcript is " + all;
  std::string rules_met;
  for (const Verdict& verdict : trace.verdicts()) {
    const std::string met = verdict.rule + " " + std::string(decision_name(verdict.decision)) + " " +
                            std::string(stage_name(verdict.stage)) + " " + verdict.reason;
    if (kind == "V" && matches(text + "*", met)) return {};
    rules_met += met + "\n";
  }
  if (kind == "V") return "verdicts are\n" + rules_met;
  all += rules_met;
  return all.find(text) == std::string::npos ? std::string() : "stands in the trace: " + text;
}

std::string SmtpDialogue::outcome() const {
  std::string out = broken_;
  for (const Stored& message : stored_) out += message.envelope + "\n" + message.headers + message.content + "\n";
  return out + trace.user() + "\n" + trace.helo() + (closed ? "\nclosed" : "\nopen");
}

}  // namespace postern::test
