// The command table of RFC 1939, 2449, 2595, 5034, 6856 and the walk through it: known, allowed now, argument, check,
// proceed.
#include <array>

#include "base/text.h"
#include "protocol/pop3/state.h"

namespace postern::pop3 {
namespace {

enum class Argument : uint8_t { none, optional, required, verbatim };

struct Command {
  std::string_view verb;
  uint8_t phases;
  Argument argument;
  bool secret;                                         ///< the argument never stands in a transcript
  std::string_view (*check)(Step&, std::string_view);  ///< the refusal, or nothing; changes nothing
  void (*proceed)(Step&, std::string_view);
};

constexpr uint8_t kAuthorization = kClear | kSecure;
constexpr uint8_t kAnyPhase = kAuthorization | kTransaction;
constexpr size_t kKeywordLimit = 4;  // RFC 1939 section 3: keywords are three or four characters long

std::string_view check_stls(Step& step, std::string_view) {
  return step.context.rules.tls_available() ? "" : "-ERR [SYS/TEMP] TLS is not available now";
}

/// RFC 2595 section 4.
void proceed_stls(Step& step, std::string_view) {
  Session::State& state = step.state;
  step.reply("+OK Begin TLS");
  state.phase = kHandshake;
  step.context.trace.reach(Stage::tls, step.context.now);
  // Back to the start: nothing said in clear counts inside TLS.
  forget_login(state);
  state.utf8 = false;
  step.out.add(Action::Kind::start_tls);
}

/// RFC 2449 section 5. Nothing that takes a password is offered in clear (RFC 2595 section 2.2).
void proceed_capa(Step& step, std::string_view) {
  step.reply("+OK Capability list follows");
  step.out.send("TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\nUTF8 USER\r\n");
  if (step.state.phase != kClear)
    step.out.send("USER\r\nSASL PLAIN\r\n");
  else if (step.context.rules.tls_available())
    step.out.send("STLS\r\n");
  step.out.send("IMPLEMENTATION Postern\r\n.\r\n");
}

/// RFC 6856 section 2.1.
void proceed_utf8(Step& step, std::string_view) {
  step.state.utf8 = true;
  step.reply("+OK UTF8 enabled");
}

void proceed_noop(Step& step, std::string_view) {
  step.reply("+OK");
}

constexpr std::array<Command, 15> kCommands{{
    {"CAPA", kAnyPhase, Argument::none, false, nullptr, proceed_capa},
    {"STLS", kClear, Argument::none, false, check_stls, proceed_stls},
    {"UTF8", kAuthorization, Argument::none, false, nullptr, proceed_utf8},
    {"USER", kSecure, Argument::required, false, check_user, proceed_user},
    {"PASS", kSecure, Argument::verbatim, true, check_pass, proceed_pass},
    {"AUTH", kSecure, Argument::required, true, nullptr, proceed_auth},
    {"STAT", kTransaction, Argument::none, false, nullptr, proceed_stat},
    {"LIST", kTransaction, Argument::optional, false, check_optional_message, proceed_list},
    {"UIDL", kTransaction, Argument::optional, false, check_optional_message, proceed_uidl},
    {"RETR", kTransaction, Argument::required, false, check_message, proceed_retr},
    {"TOP", kTransaction, Argument::required, false, check_top, proceed_top},
    {"DELE", kTransaction, Argument::required, false, check_message, proceed_dele},
    {"RSET", kTransaction, Argument::none, false, nullptr, proceed_rset},
    {"NOOP", kTransaction, Argument::none, false, nullptr, proceed_noop},
    {"QUIT", kAnyPhase, Argument::none, false, nullptr, proceed_quit},
}};

const Command* find_command(std::string_view verb) {
  for (const Command& command : kCommands)
    if (equal_ignoring_case(command.verb, verb)) return &command;
  return nullptr;
}

/// Verb and argument of a line. RFC 1939 section 3: one blank between them; more are put up with, but belong to a
/// password.
struct Words {
  std::string_view verb, argument;
};

Words split_line(std::string_view line) {
  const size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return {line, {}};
  return {line.substr(0, blank), line.substr(blank + 1)};
}

void refuse_phase(Step& step, const Command& command) {
  if (step.state.phase == kTransaction)
    step.refuse("-ERR Not after the login", "wrong-state");
  else if (command.phases == kTransaction)
    step.refuse("-ERR Log in first", "wrong-state");
  else if (step.state.phase == kSecure)
    step.refuse("-ERR TLS is already in use", "wrong-state");
  else
    // RFC 2595 section 2.2: no password before TLS, however well meant.
    step.refuse("-ERR STLS first: a login needs TLS", "login-without-tls");
}

std::string_view argument_fault(const Command& command, std::string_view argument) {
  if (command.argument == Argument::none && !argument.empty()) return "-ERR No argument is expected";
  const bool needed = command.argument == Argument::required || command.argument == Argument::verbatim;
  return needed && argument.empty() ? "-ERR An argument is missing" : "";
}

}  // namespace

std::string masked(std::string_view line) {
  const Words words = split_line(line);
  const Command* command = find_command(words.verb);
  if (command != nullptr && command->proceed == proceed_user) {
    // A password may have strayed behind the name.
    const std::string_view argument = trim(words.argument);
    const size_t blank = argument.find(' ');
    return printable(words.verb) + " " + printable(argument.substr(0, blank)) +
           (blank == std::string_view::npos ? "" : " ***");
  }
  if (command != nullptr && !command->secret) return printable(line);
  if (command != nullptr && command->argument == Argument::required && !words.argument.empty()) {
    const std::string_view mechanism = words.argument.substr(0, words.argument.find(' '));
    if (equal_ignoring_case(mechanism, "PLAIN"))
      return printable(words.verb) + " PLAIN" + (mechanism.size() < words.argument.size() ? " ***" : "");
  }
  // A password or a SASL response that strayed into the place of a command is longer than a keyword.
  if (words.verb.size() > kKeywordLimit) return "***";
  return printable(words.verb) + (words.argument.empty() ? "" : " ***");
}

void run_line(Step& step, std::string_view line) {
  step.context.trace.line('C', masked(line), step.context.now);
  const Words words = split_line(line);
  const Command* command = find_command(words.verb);
  if (command == nullptr || command->proceed != proceed_pass) forget_login(step.state);
  if (command == nullptr) {
    step.refuse("-ERR Unknown command", "unknown-command");
    return;
  }
  if ((command->phases & step.state.phase) == 0) {
    refuse_phase(step, *command);
    return;
  }
  const std::string_view argument = command->argument == Argument::verbatim ? words.argument : trim(words.argument);
  std::string_view fault = argument_fault(*command, argument);
  if (fault.empty() && command->check != nullptr) fault = command->check(step, argument);
  if (fault.empty())
    command->proceed(step, argument);
  else
    step.refuse(fault, "bad-argument");
}

}  // namespace postern::pop3
