// The POP3 session against a client and a store that do anything: lines, rubbish, answers late, twice, to the wrong
// question or never. The client reads what comes back as RFC 1939 says and complains about the first octet that does
// not fit.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/pop3/session.h"

using namespace postern;
using namespace postern::pop3;

namespace {

#define REQUIRE(condition)                                         \
  do {                                                             \
    if (!(condition)) {                                            \
      std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
      std::abort();                                                \
    }                                                              \
  } while (false)

constexpr size_t kSteps = 400;

struct FuzzRules final : Rules {
  Limits values;
  std::string name = "mail.example.org";
  bool tls = true;
  const Limits& limits() const override { return values; }
  const std::string& host_name() const override { return name; }
  bool tls_available() const override { return tls; }
};

struct FuzzMailbox final : MailboxView {
  std::vector<std::string> messages;
  uint32_t unreadable = 0;
  uint32_t count() const override { return static_cast<uint32_t>(messages.size()); }
  uint64_t octets() const override {
    uint64_t sum = 0;
    for (const std::string& message : messages) sum += message.size();
    return sum;
  }
  bool entry(uint32_t number, uint64_t& size, std::string& unique_id) const override {
    REQUIRE(number >= 1 && number <= count());
    size = messages[number - 1].size();
    unique_id = "u" + std::to_string(number);
    return number != unreadable;
  }
};

/// What is stored has no bare CR, LF and no NUL.
std::string stored_form(std::string text) {
  std::string out;
  for (char c : text) {
    if (c == '\n')
      out += "\r\n";
    else if (c != '\r' && c != '\0')
      out += c;
  }
  return out;
}

bool has_word(std::string_view line, std::string_view verb) {
  const std::string_view word = line.substr(0, line.find(' '));
  return equal_ignoring_case(word, verb);
}

/// The client's reading of what the server says: replies in the order of the commands, blocks whole and stuffed.
class Reader {
 public:
  std::deque<std::string> commands;  ///< lines sent and not answered
  std::set<uint32_t> deleted;        ///< as the replies say
  size_t messages = 0;               ///< in the mailbox
  bool exact = true;                 ///< the commands are known; else nothing is read
  std::optional<std::string> block;  ///< the last block read, unstuffed
  size_t replies = 0;

  void take(std::string_view text) {
    if (!exact) return;
    input_ += text;
    size_t end = 0;
    while ((end = input_.find("\r\n")) != std::string::npos) {
      take_line(input_.substr(0, end));
      input_.erase(0, end + 2);
    }
  }
  bool between_replies() const { return !in_block_ && input_.empty(); }
  bool in_block() const { return in_block_; }

 private:
  void take_line(const std::string& line) {
    if (in_block_) {
      take_block_line(line);
      return;
    }
    REQUIRE(line.starts_with("+OK") || line.starts_with("-ERR ") || line == "+ ");
    ++replies;
    if (!greeted_) {
      greeted_ = true;
      return;
    }
    REQUIRE(!commands.empty());
    const std::string command = commands.front();
    commands.pop_front();
    if (line.starts_with("+OK")) accepted(command, line);
  }

  void accepted(const std::string& command, const std::string& line) {
    const std::string_view argument =
        trim(command.find(' ') == std::string::npos ? "" : std::string_view(command).substr(command.find(' ')));
    in_block_ = has_word(command, "CAPA") || has_word(command, "RETR") || has_word(command, "TOP") ||
                (argument.empty() && (has_word(command, "LIST") || has_word(command, "UIDL")));
    text_.clear();
    if (has_word(command, "DELE")) deleted.insert(static_cast<uint32_t>(std::stoul(std::string(argument))));
    if (has_word(command, "RSET")) deleted.clear();
    if (has_word(command, "STAT")) REQUIRE(std::stoul(line.substr(4)) == messages - deleted.size());
    if (has_word(command, "STLS")) commands.clear();
  }

  void take_block_line(std::string line) {
    if (line == ".") {
      in_block_ = false;
      block = text_;
      return;
    }
    if (line.starts_with(".")) {
      REQUIRE(line.starts_with(".."));
      line.erase(0, 1);
    }
    text_ += line + "\r\n";
  }

  std::string input_, text_;
  bool in_block_ = false;
  bool greeted_ = false;
};

class Play {
 public:
  Play(const uint8_t* data, size_t size) : in_(data, size) {
    reader_.exact = in_.ConsumeBool();
    rules_.tls = in_.ConsumeIntegralInRange(0, 15) != 0;
    rules_.values.errors = in_.ConsumeIntegralInRange<uint32_t>(1, 60);
    rules_.values.logins = in_.ConsumeIntegralInRange<uint32_t>(1, 4);
    rules_.values.downgrade = in_.PickValueInArray({Downgrade::never, Downgrade::structured, Downgrade::always});
    const size_t count = in_.ConsumeIntegralInRange<size_t>(0, 4);
    for (size_t i = 0; i < count; ++i) mailbox_.messages.push_back(stored_form(make_message()));
    if (in_.ConsumeIntegralInRange(0, 9) == 0) mailbox_.messages.resize(6000, "x\r\n");
    reader_.messages = mailbox_.messages.size();
    mailbox_.unreadable = in_.ConsumeIntegralInRange<uint32_t>(0, 40);
  }

  void run() {
    call([&](Actions& out) { session_.start(context(), out); });
    for (size_t step = 0; step < kSteps && in_.remaining_bytes() > 0 && !session_.closed(); ++step) act();
    if (!session_.closed() && !session_.waiting() && reader_.exact && pending_.empty() && !handshake_) {
      // Every command has its one reply.
      REQUIRE(reader_.commands.empty() && reader_.between_replies());
    }
    finish();
  }

 private:
  Context context() { return {rules_, now_, trace_}; }

  std::string make_message() {
    std::string message;
    const size_t pieces = in_.ConsumeIntegralInRange<size_t>(0, 24);
    for (size_t i = 0; i < pieces; ++i) {
      const std::string piece = in_.PickValueInArray(
          {"\n", ".", "\n.\n", "a", "..", "Subject: x\n", "To: \xc3\xbc@x\n", "X: \xff\n", "\n\n", " ", "?"});
      message += piece == "?" ? in_.ConsumeRandomLengthString(60) : piece;
    }
    return message;
  }

  template <class Call>
  void call(Call&& call_session) {
    Actions out;
    call_session(out);
    for (size_t i = 0; i < out.size(); ++i) {
      const Action action = out[i];
      REQUIRE(!closed_);
      REQUIRE(!asked_);  // nothing follows a question
      if (action.kind == Action::Kind::send) {
        reader_.take(action.bytes);
      } else if (action.kind == Action::Kind::ask) {
        asked_ = true;
        check_question();
      } else if (action.kind == Action::Kind::start_tls) {
        handshake_ = true;
        pending_.clear();
      } else {
        REQUIRE(action.kind == Action::Kind::close);
        closed_ = true;
      }
    }
    asked_ = false;
    REQUIRE(closed_ == session_.closed() || gone_);
    REQUIRE(!(session_.closed() && session_.waiting()));
  }

  void check_question() {
    const Question& question = session_.question();
    if (question.kind != Question::Kind::update) {
      REQUIRE(question.removals.empty());
      return;
    }
    // Removals are asked for at QUIT alone, and they are what the client was told.
    REQUIRE(!question.removals.empty() && std::is_sorted(question.removals.begin(), question.removals.end()));
    if (!reader_.exact) return;
    REQUIRE(!reader_.commands.empty() && has_word(reader_.commands.front(), "QUIT"));
    REQUIRE(
        std::equal(question.removals.begin(), question.removals.end(), reader_.deleted.begin(), reader_.deleted.end()));
  }

  void act() {
    switch (in_.ConsumeIntegralInRange(0, 11)) {
      case 0:
        say(in_.ConsumeRandomLengthString(300));
        break;
      case 1:
        say(in_.PickValueInArray({"CAPA", "STLS", "UTF8", "NOOP", "STAT", "LIST", "UIDL", "RSET", "QUIT", "AUTH PLAIN",
                                  "AUTH", "*", "USER a", "PASS b", "GIMME"}));
        break;
      case 2:
      case 7:
      case 8:
        say(std::string(in_.PickValueInArray({"RETR ", "DELE ", "LIST ", "UIDL ", "TOP "})) +
            std::to_string(in_.ConsumeIntegralInRange(0, 7)) +
            (in_.ConsumeBool() ? " " + std::to_string(in_.ConsumeIntegralInRange(0, 9)) : ""));
        break;
      case 9:
        say(in_.PickValueInArray({"STAT", "RSET", "QUIT", "DELE 1", "STAT", "RSET", "DELE 2", "STAT"}));
        break;
      case 3:
        handshake(in_.ConsumeIntegralInRange(0, 7) != 0);
        break;
      case 4:
        wrong_answer();
        break;
      case 5:
        if (in_.ConsumeIntegralInRange(0, 9) == 0) end_early();
        break;
      case 6:
        log_in();
        break;
      default:
        answer(in_.ConsumeIntegralInRange(0, 15));
    }
    now_ += 1000;
  }

  void log_in() {
    say("STLS");
    handshake(true);
    say("USER alice");
    say("PASS secret");
    answer(0);
  }

  void say(std::string line) {
    if (reader_.exact) {
      // AUTH is left out: its continuation lines would need the whole grammar here.
      line = stored_form(line.substr(0, 200));
      line.erase(std::remove_if(line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n'; }), line.end());
      if (has_word(line, "AUTH")) return;
      if (handshake_) return;
      reader_.commands.push_back(line);
      line += "\r\n";
    } else if (in_.ConsumeBool()) {
      line += "\r\n";
    }
    pending_ += line;
    feed();
    // Mostly the store answers at once and well.
    while (session_.waiting() && in_.ConsumeIntegralInRange(0, 7) != 0) answer(15);
  }

  void feed() {
    while (!pending_.empty() && !session_.waiting() && !session_.closed() && !handshake_) {
      const size_t piece = in_.ConsumeIntegralInRange<size_t>(1, pending_.size());
      const std::string octets = pending_.substr(0, piece);
      size_t used = 0;
      call([&](Actions& out) { used = session_.input(context(), octets, out); });
      REQUIRE(used <= octets.size());
      REQUIRE(used == octets.size() || session_.waiting() || used > 0);  // many replies wait: later
      if (!handshake_) pending_.erase(0, used);
    }
    if (session_.waiting()) {
      Actions out;
      REQUIRE(session_.input(context(), "NOOP\r\n", out) == 0 && out.empty());
    }
  }

  void handshake(bool ok) {
    if (!handshake_) return;
    handshake_ = false;
    call([&](Actions& out) { session_.tls_done(context(), ok, "TLSv1.3", out); });
  }

  void wrong_answer() {
    const uint32_t number = session_.question().number + in_.ConsumeIntegralInRange<uint32_t>(1, 3);
    const bool waiting = session_.waiting();
    const auto nothing = [&](auto&& call_session) {
      Actions out;
      call_session(out);
      REQUIRE(out.empty());
    };
    nothing([&](Actions& out) { session_.updated(context(), number, true, out); });
    nothing([&](Actions& out) { session_.more(context(), number, out); });
    nothing([&](Actions& out) { session_.content(context(), number, "x\r\n", out); });
    nothing([&](Actions& out) { session_.content_end(context(), number, true, out); });
    nothing([&](Actions& out) { session_.logged_in(context(), number, {}, out); });
    REQUIRE(waiting == session_.waiting());
  }

  void answer(int how) {
    if (!session_.waiting()) return;
    const uint32_t number = session_.question().number;
    switch (session_.question().kind) {
      case Question::Kind::login:
        answer_login(number, how);
        break;
      case Question::Kind::fetch:
        answer_fetch(number, how);
        break;
      case Question::Kind::listing:
        call([&](Actions& out) { session_.more(context(), number, out); });
        break;
      case Question::Kind::update:
        call([&](Actions& out) { session_.updated(context(), number, how != 1, out); });
        REQUIRE(session_.closed());
        break;
    }
    feed();
  }

  void answer_login(uint32_t number, int how) {
    LoginAnswer reply;
    constexpr std::array kKinds{LoginAnswer::Kind::accepted, LoginAnswer::Kind::wrong, LoginAnswer::Kind::in_use,
                                LoginAnswer::Kind::unavailable, LoginAnswer::Kind::disabled};
    reply.kind = how < 5 ? kKinds[static_cast<size_t>(how)] : LoginAnswer::Kind::accepted;
    reply.account = 7;
    reply.mailbox = how == 6 ? nullptr : &mailbox_;
    call([&](Actions& out) { session_.logged_in(context(), number, reply, out); });
    REQUIRE(session_.question().secret.empty());
    REQUIRE(session_.in_transaction() == (reply.kind == LoginAnswer::Kind::accepted && reply.mailbox != nullptr));
  }

  void answer_fetch(uint32_t number, int how) {
    const bool ok = how != 1;
    const uint32_t wanted = session_.question().message;
    REQUIRE(!reader_.exact || reader_.deleted.count(wanted) == 0);
    const std::string& message = mailbox_.messages[wanted - 1];
    const std::string command = reader_.exact && !reader_.commands.empty() ? reader_.commands.front() : "";
    bool enough = false;
    for (size_t at = 0; at < message.size() && !enough && !session_.closed();) {
      const size_t piece = in_.ConsumeIntegralInRange<size_t>(1, 64);
      const std::string octets = message.substr(at, piece);
      call([&](Actions& out) { enough = session_.content(context(), number, octets, out); });
      at += piece;
      if (!ok && in_.ConsumeBool()) break;
    }
    const bool begun = reader_.in_block();
    call([&](Actions& out) { session_.content_end(context(), number, ok, out); });
    if (!reader_.exact) return;
    REQUIRE(!reader_.in_block() || !ok);
    // A message cut off by the store never looks whole.
    if (!ok) REQUIRE(session_.closed() || !begun);
    if (ok && has_word(command, "RETR")) check_message(message);
    if (ok && has_word(command, "TOP")) check_top(message, command);
  }

  void check_message(const std::string& message) {
    REQUIRE(reader_.block.has_value());
    const std::string whole = message.empty() || message.ends_with("\r\n") ? message : message + "\r\n";
    const size_t end = whole.starts_with("\r\n") ? 0 : whole.find("\r\n\r\n");
    const std::string header = whole.substr(0, end);
    if (is_ascii(header) || !is_utf8(header) || rules_.values.downgrade == Downgrade::never) {
      REQUIRE(*reader_.block == whole);
    } else if (end != std::string::npos) {
      REQUIRE(reader_.block->ends_with(whole.substr(end)));
    }
  }

  /// RFC 1939 section 7: the header, the blank line, so many lines.
  void check_top(const std::string& message, const std::string& command) {
    REQUIRE(reader_.block.has_value());
    size_t lines = std::stoul(command.substr(command.rfind(' ')));
    std::string wanted;
    bool in_header = true;
    size_t header_end = 0;
    for (size_t at = 0; at < message.size() && (in_header || lines > 0);) {
      const size_t end = std::min(message.find('\n', at), message.size() - 1) + 1;
      std::string line = message.substr(at, end - at);
      if (!line.ends_with('\n')) line += "\r\n";
      if (!in_header) --lines;
      in_header = in_header && line != "\r\n";
      wanted += line;
      at = end;
      if (in_header) header_end = wanted.size();
    }
    const std::string header = wanted.substr(0, header_end);
    if (is_ascii(header) || !is_utf8(header) || rules_.values.downgrade == Downgrade::never)
      REQUIRE(*reader_.block == wanted);
  }

  void end_early() {
    const size_t replies = reader_.replies;
    const bool in_block = reader_.in_block();
    call([&](Actions& out) {
      switch (in_.ConsumeIntegralInRange(0, 2)) {
        case 0:
          session_.timed_out(context(), out);
          break;
        case 1:
          if (reader_.exact) reader_.commands.emplace_front("(stop)");
          session_.stop(context(), "a reason\r\n.\r\n", out);
          break;
        default:
          gone_ = true;
          session_.disconnected(context(), out);
      }
    });
    REQUIRE(reader_.replies <= replies + 1);
    if (in_block) REQUIRE(reader_.in_block());
  }

  /// What comes after the end is not heard.
  void finish() {
    if (!session_.closed()) return;
    Actions out;
    REQUIRE(session_.input(context(), "NOOP\r\n", out) == 6);
    session_.tls_done(context(), true, "", out);
    const uint32_t number = session_.question().number;
    session_.logged_in(context(), number, {}, out);
    session_.content(context(), number, "x", out);
    session_.content_end(context(), number, true, out);
    session_.more(context(), number, out);
    session_.updated(context(), number, true, out);
    session_.stop(context(), "again", out);
    session_.timed_out(context(), out);
    session_.disconnected(context(), out);
    REQUIRE(out.empty() && !session_.waiting());
  }

  FuzzedDataProvider in_;
  FuzzRules rules_;
  FuzzMailbox mailbox_;
  Trace trace_{1, 110, {}, {}, 0};
  Session session_{1, {}};
  Reader reader_;
  std::string pending_;
  WallTime now_ = 0;
  bool handshake_ = false;
  bool asked_ = false;
  bool closed_ = false;
  bool gone_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Play(data, size).run();
  return 0;
}
