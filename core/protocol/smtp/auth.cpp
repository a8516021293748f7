// AUTH: RFC 4954, PLAIN (RFC 4616) and LOGIN, inside TLS only.
#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/text.h"
#include "protocol/mime/address.h"
#include "protocol/smtp/state.h"

namespace postern::smtp {
namespace {

constexpr std::string_view kCancel = "*";
constexpr std::string_view kEmptyResponse = "=";
constexpr std::string_view kUserPrompt = "VXNlcm5hbWU6";                        // "Username:"
constexpr std::string_view kPasswordPrompt = "UGFzc3dvcmQ6";                    // "Password:"
constexpr size_t kLoginLimit = mime::kLocalPartLimit + 1 + mime::kDomainLimit;  // octets: a login is an address
constexpr size_t kNone = std::string_view::npos;

/// Text that is wiped when it goes.
struct Decoded {
  std::string text;
  bool good = false;
  Decoded() = default;
  Decoded(Decoded&&) = default;
  Decoded(const Decoded&) = delete;
  Decoded& operator=(const Decoded&) = delete;
  Decoded& operator=(Decoded&&) = delete;
  ~Decoded() { wipe(text); }
};

Decoded decode(std::string_view text) {
  Decoded out;
  std::optional<Bytes> octets = from_base64(text);
  if (!octets) return out;
  out.text.reserve(octets->size());
  out.text = as_text(*octets);
  out.good = true;
  wipe(*octets);
  return out;
}

/// message = [authzid] NUL authcid NUL passwd, RFC 4616 section 2.
struct Credentials {
  std::string_view authzid, login, password;
};

std::optional<Credentials> take_apart(std::string_view message) {
  const size_t first = message.find('\0');
  if (first == kNone) return std::nullopt;
  const size_t second = message.find('\0', first + 1);
  if (second == kNone || message.find('\0', second + 1) != kNone || !is_utf8(message)) return std::nullopt;
  return Credentials{message.substr(0, first), message.substr(first + 1, second - first - 1),
                     message.substr(second + 1)};
}

void challenge(Step& step, Exchange::Wants wants, std::string_view prompt, std::string login = {}) {
  step.state.exchange = std::make_unique<Exchange>();
  step.state.exchange->wants = wants;
  step.state.exchange->login = std::move(login);
  step.reply(Reply::auth_challenge, prompt);
}

void give_up(Step& step, Reply reply) {
  step.state.exchange.reset();
  step.refuse(Stage::auth, reply);
}

/// A login that cannot be right needs no look-up, and gets the answer of a wrong one.
void refuse_login(Step& step, std::string_view reason) {
  step.state.exchange.reset();
  ++step.state.wrong_logins;
  step.refuse(Stage::auth, Reply::auth_failed, reason);
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}

void ask(Step& step, std::string_view login, std::string_view password) {
  if (login.empty() || password.empty()) return refuse_login(step, "empty login or password");
  if (login.size() > kLoginLimit || has_control(login)) return refuse_login(step, "no login looks like this");
  if (step.state.wrong_logins >= step.limits().logins) return step.close(Reply::too_many_logins);
  Question& question = step.ask(Question::Kind::verify, Action::Kind::ask);
  question.login = login;
  question.secret = Secret(std::string(password));
  step.state.exchange.reset();
}

void take_plain(Step& step, std::string_view response) {
  const Decoded message = decode(response);
  if (!message.good) return give_up(step, Reply::bad_base64);
  const std::optional<Credentials> credentials = take_apart(message.text);
  if (!credentials) return give_up(step, Reply::bad_credentials_form);
  // Nobody acts for another here.
  if (!credentials->authzid.empty() && !equal_ignoring_case(credentials->authzid, credentials->login))
    return refuse_login(step, "authorization identity is another");
  ask(step, credentials->login, credentials->password);
}

bool is_text(std::string_view text) {
  return is_utf8(text) && text.find('\0') == kNone;
}

void take_login_name(Step& step, std::string_view response) {
  Decoded name = decode(response);
  if (!name.good) return give_up(step, Reply::bad_base64);
  if (!is_text(name.text)) return give_up(step, Reply::bad_credentials_form);
  challenge(step, Exchange::Wants::login_password, kPasswordPrompt, std::move(name.text));
}

void take_login_password(Step& step, std::string_view response) {
  const Decoded password = decode(response);
  if (!password.good) return give_up(step, Reply::bad_base64);
  if (!is_text(password.text)) return give_up(step, Reply::bad_credentials_form);
  const std::string login = std::move(step.state.exchange->login);
  ask(step, login, password.text);
}

struct Mechanism {
  std::string_view name;
  Exchange::Wants first;
  std::string_view prompt;
  void (*take)(Step&, std::string_view);
};
constexpr std::array<Mechanism, 2> kMechanisms{{{"PLAIN", Exchange::Wants::plain, "", take_plain},
                                                {"LOGIN", Exchange::Wants::login_name, kUserPrompt, take_login_name}}};

}  // namespace

Refusal check_auth(const Step& step, const Request&) {
  if (!step.state.tls) return {Reply::tls_first, {}};
  if (step.state.account != 0) return {Reply::auth_done, {}};
  return {};
}

void proceed_auth(Step& step, Request& request) {
  const std::string_view name = request.argument.substr(0, request.argument.find_first_of(" \t"));
  const std::string_view initial = trim(request.argument.substr(name.size()));
  step.reach(Stage::auth);
  for (const Mechanism& mechanism : kMechanisms) {
    if (!equal_ignoring_case(mechanism.name, name)) continue;
    if (initial.empty()) return challenge(step, mechanism.first, mechanism.prompt);
    // RFC 4954 section 4: "=" is the empty response.
    return mechanism.take(step, initial == kEmptyResponse ? std::string_view() : initial);
  }
  step.refuse(Stage::auth, Reply::bad_mechanism);
}

void proceed_response(Step& step, std::string_view line) {
  step.said("***");
  if (line == kCancel) return give_up(step, Reply::auth_cancelled);
  switch (step.state.exchange->wants) {
    case Exchange::Wants::plain:
      return take_plain(step, line);
    case Exchange::Wants::login_name:
      return take_login_name(step, line);
    case Exchange::Wants::login_password:
      return take_login_password(step, line);
  }
}

void proceed_verified(Step& step, const VerifyAnswer& answer) {
  switch (answer.kind) {
    case VerifyAnswer::Kind::accepted:
      step.state.account = answer.account;
      step.context.trace.set_user(answer.address);
      step.reply(Reply::auth_ok);
      return;
    case VerifyAnswer::Kind::wrong:
      return refuse_login(step, "wrong");
    case VerifyAnswer::Kind::disabled:
      return refuse_login(step, "disabled");
    case VerifyAnswer::Kind::unavailable:
      return step.refuse(Stage::auth, Reply::auth_unavailable);
  }
}

}  // namespace postern::smtp
