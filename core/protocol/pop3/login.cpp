// USER, PASS (RFC 1939 section 7), AUTH PLAIN (RFC 5034, RFC 4616) and what the answer to a login means.
#include <algorithm>

#include "base/text.h"
#include "protocol/pop3/state.h"

namespace postern::pop3 {
namespace {

bool is_control(char c) {
  return static_cast<uint8_t>(c) < 0x20 || c == 0x7f;
}

/// A login name: UTF-8 (RFC 6856 section 2.2), no blanks, no control characters.
bool is_name(std::string_view text) {
  return !text.empty() && is_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; });
}

void ask_login(Step& step, std::string_view login, std::string_view password) {
  step.context.trace.reach(Stage::auth, step.context.now);
  Question& question = step.ask(Question::Kind::login);
  question.login = login;
  question.secret = Secret(std::string(password));
}

/// RFC 4616 section 2: [authzid] NUL authcid NUL passwd.
void take_plain(Step& step, std::string_view message) {
  const size_t first = message.find('\0');
  const size_t second = first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second == std::string_view::npos || message.find('\0', second + 1) != std::string_view::npos) {
    step.refuse("-ERR Not a PLAIN message", "bad-sasl");
    return;
  }
  const std::string_view authorize = message.substr(0, first);
  const std::string_view login = message.substr(first + 1, second - first - 1);
  const std::string_view password = message.substr(second + 1);
  if (!is_name(login) || password.empty() || !is_utf8(password))
    step.refuse("-ERR Not a PLAIN message", "bad-sasl");
  else if (!authorize.empty() && !equal_ignoring_case(authorize, login))
    step.refuse("-ERR [AUTH] Nobody may act for another", "authorization-identity");
  else
    ask_login(step, login, password);
}

void take_response(Step& step, std::string_view encoded) {
  std::optional<Bytes> message = from_base64(encoded);
  if (!message) {
    step.refuse("-ERR Not base64", "bad-base64");
    return;
  }
  take_plain(step, as_text(*message));
  wipe(*message);
}

void refuse_login(Step& step, bool disabled) {
  Session::State& state = step.state;
  ++state.wrong_logins;
  // One text for an unknown name, a wrong password and a disabled account: it tells nobody which names exist.
  step.refuse("-ERR [AUTH] Name or password is wrong",
              disabled ? "account-disabled" : "wrong-login");  // RFC 3206 section 4
  if (state.phase != kClosed && state.wrong_logins >= step.context.rules.limits().logins)
    step.close("too many wrong logins");
}

void enter_transaction(Step& step, const LoginAnswer& answer) {
  Session::State& state = step.state;
  step.note(Decision::pass, "login", answer.address);
  state.phase = kTransaction;
  state.account = answer.account;
  state.mailbox = answer.mailbox;
  step.context.trace.set_user(answer.address);
  step.context.trace.reach(Stage::data, step.context.now);
  step.reply("+OK " + std::to_string(answer.mailbox->count()) + " messages (" +
             std::to_string(answer.mailbox->octets()) + " octets)");
}

}  // namespace

std::string_view check_user(Step&, std::string_view argument) {
  return is_name(argument) ? "" : "-ERR Not a login name";
}

std::string_view check_pass(Step& step, std::string_view argument) {
  if (step.state.login.empty()) return "-ERR USER first";  // RFC 1939 section 7
  return is_utf8(argument) ? "" : "-ERR The password is not UTF-8";
}

void proceed_user(Step& step, std::string_view argument) {
  step.state.login = argument;
  step.reply("+OK");  // whether there is such a mailbox is not said
}

void proceed_pass(Step& step, std::string_view argument) {
  std::string login;
  login.swap(step.state.login);
  ask_login(step, login, argument);
}

void proceed_auth(Step& step, std::string_view argument) {
  const size_t blank = argument.find(' ');
  if (!equal_ignoring_case(argument.substr(0, blank), "PLAIN")) {
    step.refuse("-ERR Unknown mechanism", "unknown-mechanism");
    return;
  }
  if (blank == std::string_view::npos) {
    step.state.sasl = true;
    step.reply("+ ");  // RFC 5034 section 4: an empty challenge
    return;
  }
  const std::string_view response = argument.substr(blank + 1);
  take_response(step, response == "=" ? "" : response);
}

void proceed_sasl_response(Step& step, std::string_view line) {
  step.state.sasl = false;
  step.context.trace.line('C', line == "*" ? "*" : "***", step.context.now);
  if (line == "*")
    step.refuse("-ERR Cancelled", "sasl-cancelled");  // RFC 5034 section 4
  else
    take_response(step, line);
}

void proceed_login(Step& step, const LoginAnswer& answer) {
  step.state.question.secret.clear();
  switch (answer.kind) {
    case LoginAnswer::Kind::accepted:
      if (answer.mailbox == nullptr) break;
      enter_transaction(step, answer);
      return;
    case LoginAnswer::Kind::wrong:
    case LoginAnswer::Kind::disabled:
      refuse_login(step, answer.kind == LoginAnswer::Kind::disabled);
      return;
    case LoginAnswer::Kind::in_use:
      step.refuse("-ERR [IN-USE] The mailbox is open in another session", "in-use");  // RFC 2449 section 8.1.2
      return;
    case LoginAnswer::Kind::unavailable:
      break;
  }
  step.refuse("-ERR [SYS/TEMP] Logins are not possible now", "login-unavailable");
}

}  // namespace postern::pop3
