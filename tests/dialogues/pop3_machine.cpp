#include "dialogues/pop3_machine.h"

#include <map>

namespace postern::test {
namespace {

using pop3::LoginAnswer;
using pop3::Question;

constexpr size_t kPiece = 7;  // octets of content handed over at a time

const std::map<std::string, LoginAnswer::Kind> kLogins{{"accepted", LoginAnswer::Kind::accepted},
                                                       {"wrong", LoginAnswer::Kind::wrong},
                                                       {"disabled", LoginAnswer::Kind::disabled},
                                                       {"in_use", LoginAnswer::Kind::in_use},
                                                       {"unavailable", LoginAnswer::Kind::unavailable}};

uint32_t number(const std::string& text) {
  return static_cast<uint32_t>(std::stoul(text));
}

}  // namespace

uint64_t Pop3Mailbox::octets() const {
  uint64_t sum = 0;
  for (const std::string& message : messages) sum += message.size();
  return sum;
}

bool Pop3Mailbox::entry(uint32_t number, uint64_t& size, std::string& unique_id) const {
  size = messages.at(number - 1).size();
  unique_id = "uid" + std::to_string(number);
  return number != unreadable;
}

bool Pop3Dialogue::set(const std::string& key, const std::string& value) {
  pop3::Limits& bounds = rules_.bounds;
  if (key == "message")
    mailbox_.messages.push_back(unescape(value));
  else if (key == "many")
    mailbox_.messages.resize(mailbox_.messages.size() + number(value), "x\r\n");
  else if (key == "errors")
    bounds.errors = number(value);
  else if (key == "logins")
    bounds.logins = number(value);
  else if (key == "line")
    bounds.command_line = number(value);
  else if (key == "unreadable")
    mailbox_.unreadable = number(value);
  else if (key == "downgrade" && (value == "never" || value == "structured" || value == "always"))
    bounds.downgrade = value == "never"    ? pop3::Downgrade::never
                       : value == "always" ? pop3::Downgrade::always
                                           : pop3::Downgrade::structured;
  else if (key == "no_tls")
    rules_.has_tls = false;
  else if (key == "manual")
    manual_ = true;
  else
    return false;
  return true;
}

void Pop3Dialogue::start() {
  session_.start(context(), actions_);
  perform();
}

size_t Pop3Dialogue::input(std::string_view octets) {
  const size_t used = session_.input(context(), octets, actions_);
  perform();
  return used;
}

void Pop3Dialogue::tls_done(bool ok) {
  session_.tls_done(context(), ok, ok ? "TLSv1.3 TLS_AES_256_GCM_SHA384" : "no shared cipher", actions_);
  perform();
}

void Pop3Dialogue::perform() {
  for (;;) {
    for (size_t i = 0; i < actions_.size(); ++i) {
      const Action action = actions_[i];
      if (action.kind == Action::Kind::send) sent += action.bytes;
      if (action.kind == Action::Kind::start_tls) tls_wanted = true;
      if (action.kind == Action::Kind::close) closed = true;
    }
    actions_.clear();
    if (manual_ || !session_.waiting()) return;
    answer_question();
  }
}

void Pop3Dialogue::answer_question() {
  const Question& question = session_.question();
  switch (question.kind) {
    case Question::Kind::login: {
      const bool right = question.login == "alice@example.org" && question.secret.reveal() == "secret";
      log_in(right ? LoginAnswer::Kind::accepted : LoginAnswer::Kind::wrong, question.number);
      break;
    }
    case Question::Kind::fetch:
      deliver();
      break;
    case Question::Kind::listing:
      session_.more(context(), question.number, actions_);
      break;
    case Question::Kind::update:
      update(true, question.number);
      break;
  }
}

void Pop3Dialogue::log_in(LoginAnswer::Kind kind, uint32_t question) {
  session_.logged_in(context(), question, {kind, 1, "alice@example.org", &mailbox_}, actions_);
}

void Pop3Dialogue::update(bool ok, uint32_t question) {
  if (ok && session_.question().number == question)
    for (uint32_t message : session_.question().removals)
      removed_ += (removed_.empty() ? "" : " ") + std::to_string(message);
  session_.updated(context(), question, ok, actions_);
}

void Pop3Dialogue::deliver() {
  const uint32_t question = session_.question().number;
  const std::string& message = mailbox_.messages.at(session_.question().message - 1);
  bool enough = false;
  for (size_t at = 0; at < message.size() && !enough; at += kPiece)
    enough = session_.content(context(), question, std::string_view(message).substr(at, kPiece), actions_);
  session_.content_end(context(), question, true, actions_);
}

bool Pop3Dialogue::answer(const std::string& text) {
  if (!session_.waiting()) return false;
  const bool stale = text.starts_with("stale ");
  const std::string word = stale ? text.substr(6) : text;
  const uint32_t question = session_.question().number + (stale ? 7 : 0);
  const std::string content = word.starts_with("content ") ? unescape(word.substr(8)) : std::string();
  if (const auto kind = kLogins.find(word); kind != kLogins.end())
    log_in(kind->second, question);
  else if (!content.empty())
    session_.content(context(), question, content, actions_);
  else if (word == "end" || word == "broken")
    session_.content_end(context(), question, word == "end", actions_);
  else if (word == "more")
    session_.more(context(), question, actions_);
  else if (word == "updated" || word == "not_updated")
    update(word == "updated", question);
  else
    return false;
  perform();
  return true;
}

bool Pop3Dialogue::event(const std::string& text) {
  if (text == "timeout")
    session_.timed_out(context(), actions_);
  else if (text == "stop")
    session_.stop(context(), "The service stops", actions_);
  else if (text == "gone")
    session_.disconnected(context(), actions_);
  else
    return false;
  perform();
  return true;
}

std::string Pop3Dialogue::verdicts() const {
  std::string out;
  for (const Verdict& verdict : trace_.verdicts())
    out += verdict.rule + " " + std::string(decision_name(verdict.decision)) + " " +
           std::string(stage_name(verdict.stage)) + " " + verdict.reason + "\n";
  return out;
}

std::string Pop3Dialogue::check(const std::string& kind, const std::string& text) {
  const std::string all = trace_.transcript();
  if (kind == "removed") return removed_ == text ? std::string() : "removed: " + removed_;
  if (kind == "user") return trace_.user() == text ? std::string() : "user is " + trace_.user();
  if (kind == "V") return matches("*" + text + "*", verdicts()) ? std::string() : "verdicts are\n" + verdicts();
  if (kind == "transcript") return matches("*" + text + "*", all) ? std::string() : "transcript is " + all;
  if (kind == "secret")
    return (all + verdicts()).find(text) == std::string::npos ? std::string() : "stands in the trace: " + text;
  if (kind == "Q") {
    constexpr const char* kKinds[] = {"login", "fetch", "listing", "update"};
    if (!session_.waiting()) return "no question is open";
    const std::string open = kKinds[static_cast<size_t>(session_.question().kind)];
    return open == text ? std::string() : "the question is " + open;
  }
  return "no check " + kind;
}

std::string Pop3Dialogue::outcome() const {
  std::string out = removed_ + "\n" + trace_.transcript();
  // Whether something stood behind STLS is seen only when it came in the same piece.
  for (const Verdict& verdict : trace_.verdicts())
    if (verdict.decision != Decision::note) out += verdict.rule + " " + verdict.reason + "\n";
  return out;
}

}  // namespace postern::test
