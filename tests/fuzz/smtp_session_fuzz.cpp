// The SMTP session against a client and a service that do anything, from every state: half lines, rubbish, answers
// late, twice, to the wrong question or never. Two ways: as octets, where only what must never happen is watched; and
// as commands, where each must get exactly one reply and the message stored is compared with the slow model.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "protocol/smtp/session.h"
#include "support/content_model.h"

using namespace postern;
using namespace postern::smtp;

namespace {

#define REQUIRE(condition)                                         \
  do {                                                             \
    if (!(condition)) {                                            \
      std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
      std::abort();                                                \
    }                                                              \
  } while (false)

constexpr int kSteps = 300;
constexpr size_t kReplyLine = 512;    // octets, RFC 5321 section 4.5.3.1.5
constexpr size_t kOutputFactor = 40;  // octets sent for one received, at most: EHLO
constexpr size_t kOutputBase = 4096;
constexpr std::string_view kPassword = "correct-horse";

struct FuzzRules final : Rules {
  Limits values;
  std::string name = "mx.example.org";
  bool tls = true, takes = true, is_lenient = false;
  const Limits& limits() const override { return values; }
  const std::string& host_name() const override { return name; }
  Recipient recipient(std::string_view local_part, std::string_view domain) const override {
    REQUIRE(is_utf8(local_part) && is_utf8(domain) && local_part.find_first_of("\r\n") == std::string_view::npos);
    if (domain == "remote") return {Recipient::Kind::relay_denied, 0};
    return {static_cast<Recipient::Kind>((local_part.size() - 1) % 6), 1 + local_part.size() % 3};
  }
  bool may_send_as(AccountId, std::string_view local_part, std::string_view) const override {
    return local_part != "eve";
  }
  bool lenient(const IpAddress&) const override { return is_lenient; }
  bool accepting() const override { return takes; }
  bool tls_available() const override { return tls; }
};

/// The driver, the client's eyes and the store, each suspicious.
class Harness {
 public:
  explicit Harness(FuzzedDataProvider& input) : input_(input) {
    Limits& limits = rules_.values;
    if (input.ConsumeBool()) limits.message_size = input.ConsumeIntegralInRange<uint64_t>(0, 300);
    if (input.ConsumeBool()) limits.text_line = input.ConsumeIntegralInRange<uint32_t>(1, 60);
    if (input.ConsumeBool()) limits.command_line = input.ConsumeIntegralInRange<uint32_t>(20, 80);
    if (input.ConsumeBool()) limits.auth_line = input.ConsumeIntegralInRange<uint32_t>(20, 80);
    limits.errors = input.ConsumeIntegralInRange<uint32_t>(0, 200);
    limits.recipients = input.ConsumeIntegralInRange<uint32_t>(0, 5);
    limits.messages = input.ConsumeIntegralInRange<uint32_t>(0, 20);
    rules_.tls = input.ConsumeBool();
    rules_.takes = input.ConsumeIntegralInRange<int>(0, 9) > 0;
    rules_.is_lenient = input.ConsumeBool();
    session_.start(context(), actions_);
    perform();
    REQUIRE(replies_ == 1 && last_code_ == 220);
  }

  void run_octets();
  void run_commands();
  /// Goes to a state chosen by the input, as a good client would.
  void reach_state();

 private:
  Context context() { return {rules_, 1'795'510'800 * kMicrosPerSecond + replies_, trace_}; }
  void perform();
  void perform(const Action& action);
  void read_replies();
  void check_stored() const;
  void feed(std::string octets);
  void drive();
  void answer(bool right);
  void secure();
  std::string command();
  std::string commands();
  std::string argument();
  void one_command();
  void one_content();
  void settle(uint32_t expected);

  FuzzedDataProvider& input_;
  FuzzRules rules_;
  Trace trace_{1, 25, {}, {}, 0};
  Session session_{1, *Endpoint::parse("192.0.2.7:50000")};
  Actions actions_;
  std::string pending_, sent_, message_, stored_;
  bool in_message_ = false, committed_ = false, handshake_ = false, closed_ = false;
  uint32_t replies_ = 0, last_question_ = 0;
  int last_code_ = 0;
  size_t octets_in_ = 0, octets_out_ = 0;
};

void Harness::perform() {
  Actions list;
  std::swap(list, actions_);
  for (size_t i = 0; i < list.size(); ++i) perform(list[i]);
  read_replies();
  REQUIRE(session_.closed() == closed_);
  REQUIRE(octets_out_ <= kOutputBase + octets_in_ * kOutputFactor);
  if (session_.waiting()) {
    REQUIRE(session_.question().number >= last_question_);
    last_question_ = session_.question().number;
  }
}

void Harness::perform(const Action& action) {
  REQUIRE(!closed_ && (!handshake_ || action.kind == Action::Kind::close));
  switch (action.kind) {
    case Action::Kind::send:
      sent_ += action.bytes;
      octets_out_ += action.bytes.size();
      break;
    case Action::Kind::start_tls:
      handshake_ = true;
      break;
    case Action::Kind::ask:
      REQUIRE(session_.question().kind == Question::Kind::verify && session_.question().number > last_question_);
      break;
    case Action::Kind::begin:
      REQUIRE(!in_message_);
      in_message_ = true;
      message_.clear();
      break;
    case Action::Kind::content:
      REQUIRE(in_message_);
      message_ += action.bytes;
      break;
    case Action::Kind::commit:
      REQUIRE(in_message_ && session_.question().kind == Question::Kind::commit);
      REQUIRE(session_.question().number > last_question_ && !session_.envelope().mailboxes.empty());
      in_message_ = false;
      committed_ = true;
      stored_ = message_;
      check_stored();
      break;
    case Action::Kind::abort:
      REQUIRE(in_message_);
      in_message_ = false;
      break;
    case Action::Kind::close:
      closed_ = true;
      break;
  }
}

/// Nothing with a bare CR, a bare LF or a NUL; our headers first.
void Harness::check_stored() const {
  for (size_t i = 0; i < stored_.size(); ++i) {
    REQUIRE(stored_[i] != '\0');
    if (stored_[i] == '\r') REQUIRE(i + 1 < stored_.size() && stored_[i + 1] == '\n');
    if (stored_[i] == '\n') REQUIRE(i > 0 && stored_[i - 1] == '\r');
  }
  REQUIRE(stored_.starts_with("Return-Path: <") && stored_.find("\r\nReceived: from ") == stored_.find("\r\n"));
}

void Harness::read_replies() {
  for (size_t end; (end = sent_.find("\r\n")) != std::string::npos; sent_.erase(0, end + 2)) {
    const std::string line = sent_.substr(0, end);
    REQUIRE(line.size() + 2 <= kReplyLine && line.size() >= 4 && (line[3] == ' ' || line[3] == '-'));
    REQUIRE(std::all_of(line.begin(), line.end(), [](char c) { return c >= 32 && c < 127; }));
    last_code_ = std::stoi(line.substr(0, 3));
    const bool plain = last_code_ == 354 || last_code_ == 334 || replies_ == 0 || (last_code_ == 250 && line[5] != '.');
    REQUIRE(plain || (line[4] == line[0] && line[5] == '.' && line[7] == '.'));
    if (line[3] == ' ') ++replies_;
  }
  REQUIRE(sent_.empty());
}

void Harness::feed(std::string octets) {
  octets_in_ += octets.size();
  for (size_t i = 0; i < octets.size();) {
    const size_t size =
        input_.ConsumeBool() ? octets.size() - i : input_.ConsumeIntegralInRange<size_t>(1, octets.size() - i);
    if (!handshake_ && !closed_) pending_ += octets.substr(i, size);
    i += size;
    drive();
  }
}

void Harness::drive() {
  while (!pending_.empty() && !session_.waiting() && !closed_ && !handshake_) {
    const std::string octets = std::move(pending_);
    pending_.clear();
    const size_t used = session_.input(context(), octets, actions_);
    perform();
    REQUIRE(used <= octets.size());
    REQUIRE(used == octets.size() || session_.waiting() || used > 0);  // many replies wait: later
    pending_ = octets.substr(used);
  }
  if (closed_ || handshake_) pending_.clear();
  if (session_.waiting() || closed_) {
    REQUIRE(session_.input(context(), "", actions_) == 0);
    REQUIRE(actions_.empty());
  }
}

void Harness::answer(bool right) {
  if (!session_.waiting()) return;
  const uint32_t number = session_.question().number;
  const bool login = session_.question().kind == Question::Kind::verify;
  const VerifyAnswer verify{static_cast<VerifyAnswer::Kind>(input_.ConsumeIntegralInRange(0, 3)), 5,
                            "user@example.org"};
  const CommitAnswer commit{static_cast<CommitAnswer::Kind>(input_.ConsumeIntegralInRange(0, 3)), 9};
  // One to another question, and one of the other kind: nothing may come of them.
  session_.verified(context(), login ? number + input_.ConsumeIntegralInRange<uint32_t>(1, 9) : number, verify,
                    actions_);
  session_.committed(context(), login ? number : number - 1, commit, actions_);
  REQUIRE(actions_.empty() && session_.waiting());
  if (!right) return;
  if (login)
    session_.verified(context(), number, verify, actions_);
  else
    session_.committed(context(), number, commit, actions_);
  REQUIRE(!session_.waiting());
  perform();
  // The same again.
  session_.verified(context(), number, verify, actions_);
  session_.committed(context(), number, commit, actions_);
  REQUIRE(actions_.empty());
  drive();
}

void Harness::secure() {
  if (!handshake_) return;
  handshake_ = false;
  session_.tls_done(context(), input_.ConsumeIntegralInRange(0, 9) > 0, "TLSv1.3", actions_);
  perform();
}

void Harness::reach_state() {
  const int state = input_.ConsumeIntegralInRange(0, 7);
  if (state == 0) return;
  feed("EHLO client.example\r\n");
  if (rules_.tls && (state == 2 || state == 3 || input_.ConsumeBool())) {
    feed("STARTTLS\r\n");
    secure();
    feed("EHLO client.example\r\n");
    if (state == 3 || input_.ConsumeBool()) feed("AUTH PLAIN AHVzZXIAeA==\r\n");
    while (session_.waiting()) answer(true);
  }
  if (state >= 4) feed(input_.ConsumeBool() ? "MAIL FROM:<a@x>\r\n" : "MAIL FROM:<> SMTPUTF8\r\n");
  if (state >= 5) feed("RCPT TO:<a@x>\r\n");
  if (state == 6) feed("DATA\r\n");
  if (state == 7) feed("BDAT 3\r\nx\r\n");
}

void Harness::run_octets() {
  for (int i = 0; i < kSteps && input_.remaining_bytes() > 0; ++i) {
    switch (input_.ConsumeIntegralInRange(0, 15)) {
      case 0:
        answer(false);
        break;
      case 1:
      case 2:
        answer(true);
        break;
      case 3:
        secure();
        break;
      case 4:
        session_.tls_done(context(), true, "x", actions_);
        handshake_ = false;
        perform();
        break;
      case 5:
        feed(input_.ConsumeRandomLengthString(200));
        break;
      case 6:
        feed("BDAT " + std::to_string(input_.ConsumeIntegralInRange<uint64_t>(0, 30)) +
             (input_.ConsumeBool() ? " LAST\r\n" : "\r\n"));
        break;
      case 7:
        if (input_.ConsumeIntegralInRange(0, 30) == 0) {
          session_.timed_out(context(), actions_);
          perform();
        }
        break;
      case 8:
        if (input_.ConsumeIntegralInRange(0, 30) == 0) {
          session_.stop(context(), "why\r\n", input_.ConsumeBool(), actions_);
          perform();
        }
        break;
      case 9:
        if (input_.ConsumeIntegralInRange(0, 30) == 0) {
          session_.disconnected(context(), actions_);
          perform();
        }
        break;
      default:
        feed(commands());
        break;
    }
    REQUIRE(session_.timeout(rules_.values).count() > 0);
  }
}

std::string Harness::argument() {
  static const std::array<const char*, 10> kTexts{"<>",       "<a@example.org>", "<bb@example.org>", "<aaaaaaa@x>",
                                                  "<eve@x>",  "<a@remote>",      "<Postmaster>",     "<\"q p\"@x>",
                                                  "<@r:a@x>", "<\xc3\xbc@x>"};
  return kTexts[input_.ConsumeIntegralInRange<size_t>(0, kTexts.size() - 1)];
}

/// The usual ones stand several times; "{}" is a path.
const std::array<const char*, 38> kCommands{"EHLO client.example",
                                            "EHLO client.example",
                                            "HELO client.example",
                                            "HELO two words",
                                            "MAIL FROM:{}",
                                            "MAIL FROM:{}",
                                            "MAIL FROM:{}",
                                            "MAIL FROM:{} SMTPUTF8 SIZE=10 BODY=8BITMIME RET=HDRS",
                                            "MAIL FROM:{} ENVID=a+2Bb AUTH=<> RET=FULL",
                                            "RCPT TO:{}",
                                            "RCPT TO:{}",
                                            "RCPT TO:{}",
                                            "RCPT TO:{}",
                                            "RCPT TO:{} NOTIFY=NEVER ORCPT=rfc822;a+2Bb",
                                            "RCPT TO:{} NOTIFY=SUCCESS,DELAY",
                                            "RCPT TO:<a%b@x>",
                                            "DATA",
                                            "DATA",
                                            "DATA",
                                            "RSET",
                                            "STARTTLS",
                                            "STARTTLS",
                                            "AUTH PLAIN AHVzZXIAY29ycmVjdC1ob3JzZQ==",
                                            "AUTH PLAIN",
                                            "AUTH LOGIN",
                                            "AUTH LOGIN dXNlcg==",
                                            "AUTH CRAM-MD5",
                                            "AUTH PLAIN =",
                                            "AUTH PLAIN YQB1c2VyAHg=",
                                            "AHVzZXIAY29ycmVjdC1ob3JzZQ==",
                                            "Y29ycmVjdC1ob3JzZQ==",
                                            "*",
                                            "HELP",
                                            "VRFY a",
                                            "EXPN a",
                                            "NOOP \t ",
                                            "QUIT",
                                            "GET / HTTP/1.1"};
constexpr size_t kLast = 2;  // the last two end the session: seldom

std::string Harness::command() {
  if (input_.ConsumeIntegralInRange(0, 15) == 0) {
    std::string line = input_.ConsumeRandomLengthString(100);
    line.erase(std::remove(line.begin(), line.end(), '\n'), line.end());
    // The fuzzer learns the very text the transcript is searched for, and says it as a command.
    const bool secret = line.find("AHVz") != std::string::npos || line.find(kPassword) != std::string::npos;
    return secret ? std::string() : line;
  }
  const bool seldom = input_.ConsumeIntegralInRange(0, 63) == 0;
  std::string line = kCommands[input_.ConsumeIntegralInRange<size_t>(0, kCommands.size() - (seldom ? 1 : 1 + kLast))];
  const size_t path = line.find("{}");
  if (path != std::string::npos) line.replace(path, 2, argument());
  // Only who has tried to log in before says a password where no command is.
  const bool password = line.ends_with("ZQ==") && line.find(' ') == std::string::npos;
  return password && trace_.transcript().find("C: AUTH") == std::string::npos ? "NOOP" : line;
}

/// Some, in one piece.
std::string Harness::commands() {
  std::string out;
  do {
    const int end = input_.ConsumeIntegralInRange(0, 15);
    out += command() + (end == 0 ? "\n" : end == 1 ? "" : "\r\n");
    if (end == 2) out += "BDAT -1\r\n";
    if (end == 3) out += "BDAT 4\r\nx\n\r\n";
  } while (input_.ConsumeBool());
  return out;
}

/// Everything asked is answered; then there must be `expected` replies more than before.
void Harness::settle(uint32_t expected) {
  for (int i = 0; i < 3 && session_.waiting(); ++i) answer(i > 0 || input_.ConsumeBool());
  while (session_.waiting()) answer(true);
  if (replies_ != expected) std::fprintf(stderr, "replies %u, expected %u, last %d\n", replies_, expected, last_code_);
  REQUIRE(replies_ == expected);
}

void Harness::one_command() {
  const uint32_t before = replies_;
  // In an AUTH exchange every line is a response.
  const bool chunk_next = last_code_ != 334 && input_.ConsumeIntegralInRange(0, 5) == 0;
  std::string line = chunk_next ? std::string() : command();
  if (chunk_next) {
    // A chunk: one reply, at its end.
    const std::string chunk = input_.ConsumeRandomLengthString(60);
    line = "BDAT " + std::to_string(chunk.size());
    const bool last = input_.ConsumeBool();
    feed(line + (last ? " LAST\r\n" : "\r\n") + chunk);
    return settle(before + 1);
  }
  // A BDAT of the fuzzer's own may take any octets with it: not here.
  if (starts_with_ignoring_case(line, "BDAT")) line.insert(0, "X");
  const bool whole = input_.ConsumeIntegralInRange(0, 9) > 0 || line.empty();
  // A bare LF is answered at once; what follows up to the CRLF belongs to that line, and is not.
  if (!whole && line.ends_with('\r')) line += 'x';
  feed(line + (whole ? "\r\n" : "\ntail\r\n"));
  settle(before + 1);
}

void Harness::one_content() {
  const uint32_t before = replies_;
  std::string text = input_.ConsumeRandomLengthString(400) + "\r\n.\r\n";
  const test::ContentModel model = test::model_content(text, true);
  REQUIRE(model.end != std::string_view::npos);
  text.resize(model.end);
  committed_ = false;
  feed(text);
  const bool taken = committed_;
  settle(before + 1);
  if (!taken) {
    REQUIRE(last_code_ == 554 || last_code_ == 552 || last_code_ == 421);
    return;
  }
  REQUIRE(stored_.ends_with(model.stored));
  REQUIRE(!model.nul && model.stored.size() <= rules_.values.message_size);
  REQUIRE(model.bare == 0 || rules_.is_lenient || session_.account() != 0);
}

void Harness::run_commands() {
  for (int i = 0; i < kSteps && input_.remaining_bytes() > 0 && !closed_; ++i) {
    if (handshake_)
      secure();
    else if (session_.in_message() && last_code_ == 354)
      one_content();
    else
      one_command();
  }
  // Every way a password was said, it is nowhere.
  const std::string transcript = trace_.transcript();
  for (const Verdict& verdict : trace_.verdicts()) REQUIRE(verdict.reason.find(kPassword) == std::string::npos);
  REQUIRE(transcript.find("AHVzZXIAY29ycmVjdC1ob3JzZQ") == std::string::npos);
  REQUIRE(is_utf8(transcript));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider input(data, size);
  const bool octets = input.ConsumeBool();
  Harness harness(input);
  harness.reach_state();
  if (octets)
    harness.run_octets();
  else
    harness.run_commands();
  return 0;
}
