// The command table, and the commands that are no part of a mail transaction. RFC 5321 section 4.1.1.
#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "protocol/smtp/state.h"

namespace postern::smtp {
namespace {

constexpr size_t kHeloLimit = 255;      ///< octets, RFC 5321 section 4.5.3.1.2
constexpr size_t kMechanismLimit = 20;  ///< RFC 4422 section 3.1
constexpr size_t kSaidLimit = 960;      ///< octets of a line in the transcript

enum class Takes : uint8_t { nothing, maybe, something };

/// One row: where it may stand, what it takes; `parse` is pure, `check` asks the policy, `proceed` acts.
struct Command {
  std::string_view verb;
  uint8_t phases;
  Stage stage;
  Takes takes;
  Reply elsewhere;  ///< out of order, once EHLO was said
  Refusal (*parse)(Request&);
  Refusal (*check)(const Step&, const Request&);
  void (*proceed)(Step&, Request&);
};

Refusal check_hello(const Step&, const Request& request) {
  const std::string_view name = request.argument;
  const bool word =
      std::all_of(name.begin(), name.end(), [](char c) { return c > 32 && static_cast<unsigned char>(c) < 127; });
  // Odd names are common and no reason to refuse (RFC 5321 section 4.1.4); in headers they stand cleaned.
  if (word && name.size() <= kHeloLimit) return {};
  return {Reply::bad_helo, printable(name)};
}

/// What EHLO offers, RFC 5321 section 4.1.1.1; also the order of the lines.
std::vector<std::string> offers(const Step& step) {
  std::vector<std::string> out{"SIZE " + std::to_string(step.limits().message_size),
                               "8BITMIME",
                               "PIPELINING",
                               "ENHANCEDSTATUSCODES",
                               "DSN",
                               "CHUNKING",
                               "SMTPUTF8"};
  if (!step.state.tls && step.context.rules.tls_available()) out.emplace_back("STARTTLS");
  if (step.state.tls) out.emplace_back("AUTH PLAIN LOGIN");
  out.emplace_back("HELP");
  return out;
}

void greet(Step& step, const Request& request, bool extended) {
  // RFC 5321 section 4.1.4: as if RSET had been said.
  drop_transaction(step);
  step.state.phase = kReady;
  step.state.extended = extended;
  step.state.helo = request.argument;
  step.state.helo.shrink_to_fit();
  step.context.trace.set_helo(request.argument);
  step.reach(Stage::ehlo);
}

void proceed_ehlo(Step& step, Request& request) {
  greet(step, request, true);
  step.reply_part(Reply::hello, step.context.rules.host_name());
  const std::vector<std::string> lines = offers(step);
  for (size_t i = 0; i + 1 < lines.size(); ++i) step.reply_part(Reply::hello, lines[i]);
  step.reply(Reply::hello, lines.back());
}

void proceed_helo(Step& step, Request& request) {
  greet(step, request, false);
  step.reply(Reply::hello, step.context.rules.host_name());
}

void proceed_rset(Step& step, Request&) {
  drop_transaction(step);
  step.reply(Reply::ok);
}

void proceed_noop(Step& step, Request&) {
  step.reply(Reply::ok);
}

/// RFC 5321 section 3.5.3: the same for every name, so nothing is learnt.
void proceed_vrfy(Step& step, Request&) {
  step.reply(Reply::cannot_verify);
}

void proceed_help(Step& step, Request&) {
  step.reply_part(Reply::help, "Commands: EHLO HELO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY HELP STARTTLS AUTH");
  step.reply(Reply::help, "End of HELP");
}

void proceed_quit(Step& step, Request&) {
  step.close(Reply::goodbye);
}

Refusal check_starttls(const Step& step, const Request&) {
  if (step.state.tls) return {Reply::tls_active, {}};
  if (!step.context.rules.tls_available()) return {Reply::no_tls, {}};
  return {};
}

void proceed_starttls(Step& step, Request&) {
  step.reply(Reply::start_tls);
  step.reach(Stage::tls);
  step.state.phase = kHandshake;
  step.out.add(Action::Kind::start_tls);
}

void proceed_not_implemented(Step& step, Request&) {
  step.refuse(Stage::mail, Reply::not_implemented);
}

/// Another protocol's client (a browser made to speak to port 25): its next lines may be anybody's.
void proceed_foreign(Step& step, Request&) {
  const ReplyRow& row = reply_row(Reply::foreign_protocol);
  step.note(Stage::policy, Decision::refuse, row.gate, row.rule);
  step.close(Reply::foreign_protocol);
}

constexpr uint8_t kIdle = kReady;
constexpr std::array kCommands{
    Command{"MAIL", kIdle, Stage::mail, Takes::something, Reply::transaction_open, parse_mail, check_mail,
            proceed_mail},
    Command{"RCPT", kMail | kRcpt, Stage::rcpt, Takes::something, Reply::mail_first, parse_rcpt, check_rcpt,
            proceed_rcpt},
    Command{"DATA", kInTransaction, Stage::data, Takes::nothing, Reply::mail_first, nullptr, check_data, proceed_data},
    // A refused chunk has to be read all the same: proceed judges the order.
    Command{"BDAT", kAnyCommand, Stage::data, Takes::maybe, Reply::none, nullptr, nullptr, proceed_bdat},
    Command{"EHLO", kAnyCommand, Stage::ehlo, Takes::something, Reply::none, nullptr, check_hello, proceed_ehlo},
    Command{"HELO", kAnyCommand, Stage::ehlo, Takes::something, Reply::none, nullptr, check_hello, proceed_helo},
    Command{"RSET", kAnyCommand, Stage::mail, Takes::nothing, Reply::none, nullptr, nullptr, proceed_rset},
    Command{"NOOP", kAnyCommand, Stage::mail, Takes::maybe, Reply::none, nullptr, nullptr, proceed_noop},
    Command{"QUIT", kAnyCommand, Stage::close, Takes::nothing, Reply::none, nullptr, nullptr, proceed_quit},
    Command{"STARTTLS", kIdle, Stage::tls, Takes::nothing, Reply::transaction_open, nullptr, check_starttls,
            proceed_starttls},
    Command{"AUTH", kIdle, Stage::auth, Takes::something, Reply::transaction_open, nullptr, check_auth, proceed_auth},
    Command{"VRFY", kAnyCommand, Stage::rcpt, Takes::something, Reply::none, nullptr, nullptr, proceed_vrfy},
    Command{"HELP", kAnyCommand, Stage::mail, Takes::maybe, Reply::none, nullptr, nullptr, proceed_help},
    Command{"EXPN", kAnyCommand, Stage::rcpt, Takes::maybe, Reply::none, nullptr, nullptr, proceed_not_implemented},
    Command{"SEND", kAnyCommand, Stage::mail, Takes::maybe, Reply::none, nullptr, nullptr, proceed_not_implemented},
    Command{"SOML", kAnyCommand, Stage::mail, Takes::maybe, Reply::none, nullptr, nullptr, proceed_not_implemented},
    Command{"SAML", kAnyCommand, Stage::mail, Takes::maybe, Reply::none, nullptr, nullptr, proceed_not_implemented},
    Command{"TURN", kAnyCommand, Stage::mail, Takes::maybe, Reply::none, nullptr, nullptr, proceed_not_implemented},
    Command{"ETRN", kAnyCommand, Stage::mail, Takes::maybe, Reply::none, nullptr, nullptr, proceed_not_implemented},
    Command{"ATRN", kAnyCommand, Stage::mail, Takes::maybe, Reply::none, nullptr, nullptr, proceed_not_implemented},
    Command{"GET", kAnyCommand, Stage::policy, Takes::maybe, Reply::none, nullptr, nullptr, proceed_foreign},
    Command{"POST", kAnyCommand, Stage::policy, Takes::maybe, Reply::none, nullptr, nullptr, proceed_foreign},
    Command{"PUT", kAnyCommand, Stage::policy, Takes::maybe, Reply::none, nullptr, nullptr, proceed_foreign},
    Command{"CONNECT", kAnyCommand, Stage::policy, Takes::maybe, Reply::none, nullptr, nullptr, proceed_foreign},
};

const Command* find_command(std::string_view verb) {
  const auto row = std::find_if(kCommands.begin(), kCommands.end(),
                                [verb](const Command& candidate) { return equal_ignoring_case(candidate.verb, verb); });
  return row == kCommands.end() ? nullptr : &*row;
}

std::string_view verb_of(std::string_view line) {
  return line.substr(0, line.find_first_of(" \t"));
}

/// Everything that can be wrong before the command acts.
Refusal judge(const Command& command, const Step& step, Request& request) {
  if ((command.phases & step.state.phase) == 0) {
    if (step.state.phase == kGreeted) return {Reply::hello_first, {}};
    return {step.state.phase == kChunks ? Reply::out_of_order : command.elsewhere, {}};
  }
  if (command.takes == Takes::nothing && !request.argument.empty()) return {Reply::no_argument_wanted, {}};
  if (command.takes == Takes::something && request.argument.empty()) return {Reply::argument_wanted, {}};
  if (command.parse != nullptr) {
    Refusal refusal = command.parse(request);
    if (refusal) return refusal;
  }
  return command.check != nullptr ? command.check(step, request) : Refusal{};
}

bool is_mechanism(std::string_view name) {
  return name.size() <= kMechanismLimit && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
         });
}

std::string masked_auth(std::string_view line) {
  const std::string_view argument = trim(line.substr(verb_of(line).size()));
  const std::string_view mechanism = argument.substr(0, argument.find_first_of(" \t"));
  std::string out(verb_of(line).substr(0, 4));
  if (argument.empty()) return out;
  if (is_mechanism(mechanism)) out += " " + std::string(mechanism);
  return mechanism.size() < argument.size() || !is_mechanism(mechanism) ? out + " ***" : out;
}

}  // namespace

std::string masked(const Session::State& state, std::string_view line) {
  if (starts_with_ignoring_case(line, "AUTH")) return masked_auth(line);
  // A client that was refused AUTH may go on with its next line all the same: the password.
  if (state.login_tried && find_command(verb_of(line)) == nullptr)
    return "(" + std::to_string(line.size()) + " octets that are no command)";
  size_t end = std::min(line.size(), kSaidLimit);
  while (end < line.size() && end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
  return std::string(line.substr(0, end));
}

void run_line(Step& step, std::string_view line) {
  const std::string_view verb = verb_of(line);
  const Command* command = find_command(verb);
  step.said(masked(step.state, line));
  if (starts_with_ignoring_case(line, "AUTH")) step.state.login_tried = true;
  if (command == nullptr)
    return step.refuse(step.state.phase == kGreeted ? Stage::ehlo : Stage::mail, Reply::unknown_command);
  Request request;
  // RFC 5321 section 4.1.1 wants blanks before CRLF tolerated.
  request.argument = trim(line.substr(verb.size()));
  const Refusal refusal = judge(*command, step, request);
  if (refusal) return step.refuse(command->stage, refusal.reply, refusal.reason);
  command->proceed(step, request);
}

}  // namespace postern::smtp
