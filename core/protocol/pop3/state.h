// Private to protocol/pop3: what a session remembers, and the steps its parts share.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/pop3/delivery.h"
#include "protocol/pop3/session.h"

namespace postern::pop3 {

/// Where a session stands. Bits, so that a command can name several.
enum Phase : uint8_t {
  kClear = 1,        ///< AUTHORIZATION before TLS
  kHandshake = 2,    ///< STLS was answered, the handshake is under way
  kSecure = 4,       ///< AUTHORIZATION inside TLS
  kTransaction = 8,  ///< RFC 1939 section 5
  kUpdate = 16,      ///< RFC 1939 section 6
  kClosed = 32,
};

/// The messages marked for deletion; costs nothing until the first DELE.
class Marks {
 public:
  bool has(uint32_t message) const {
    return message / 64 < words_.size() && ((words_[message / 64] >> (message % 64)) & 1) != 0;
  }
  void set(uint32_t message, uint64_t octets);
  void clear() { *this = {}; }
  uint32_t count() const { return count_; }
  uint64_t octets() const { return octets_; }
  std::vector<uint32_t> list() const;

 private:
  std::vector<uint64_t> words_;
  uint32_t count_ = 0;
  uint64_t octets_ = 0;
};

struct Session::State {
  State(uint64_t session_id, Endpoint peer_endpoint) : id(session_id), peer(peer_endpoint) {}

  uint64_t id;
  Endpoint peer;
  Phase phase = kClear;
  bool utf8 = false;        ///< RFC 6856: the client issued UTF8
  bool sasl = false;        ///< the next line answers "+ "
  bool swallowing = false;  ///< the rest of a refused line is dropped
  bool after_cr = false;    ///< the last octet of it was a CR
  bool unread = false;      ///< the session closed before all input was used
  bool open = false;        ///< a question is open
  bool listing_uids = false;
  uint32_t errors = 0;
  uint32_t swallowed = 0;  ///< octets of the refused line
  uint64_t progress = 0;
  uint32_t wrong_logins = 0;
  uint32_t questions = 0;
  uint32_t listing_next = 0;  ///< next message of the listing in progress
  std::string line;           ///< the part of a line that has come
  std::string login;          ///< USER's argument
  Question question;
  AccountId account = 0;
  const MailboxView* mailbox = nullptr;
  Marks marks;
  std::unique_ptr<Delivery> delivery;
};

/// One call into the machine: everything a step needs. Lives on the stack.
struct Step {
  Session::State& state;
  const Context& context;
  Actions& out;

  void reply(std::string_view text);
  /// A refusal: counted, and the last word when there were too many (Limits::errors). `rule` is for the trace.
  void refuse(std::string_view text, std::string_view rule);
  void close(std::string_view why);
  Question& ask(Question::Kind kind);
  void note(Decision decision, std::string_view rule, std::string_view reason);
  Stage stage() const;
};

// input.cpp
size_t take_input(Step& step, std::string_view octets);
/// PASS counts right behind an accepted USER only (RFC 1939 section 7).
void forget_login(Session::State& state);

// commands.cpp
/// Runs one complete line, without its CRLF, free of CR, LF and NUL.
void run_line(Step& step, std::string_view line);
/// The line as it may stand in a transcript: passwords and everything unknown masked.
std::string masked(std::string_view line);

// login.cpp
std::string_view check_user(Step& step, std::string_view argument);
std::string_view check_pass(Step& step, std::string_view argument);
void proceed_user(Step& step, std::string_view argument);
void proceed_pass(Step& step, std::string_view argument);
void proceed_auth(Step& step, std::string_view argument);
void proceed_sasl_response(Step& step, std::string_view line);
void proceed_login(Step& step, const LoginAnswer& answer);

// transaction.cpp
std::string_view check_message(Step& step, std::string_view argument);
std::string_view check_optional_message(Step& step, std::string_view argument);
std::string_view check_top(Step& step, std::string_view argument);
void proceed_stat(Step& step, std::string_view argument);
void proceed_list(Step& step, std::string_view argument);
void proceed_uidl(Step& step, std::string_view argument);
void proceed_retr(Step& step, std::string_view argument);
void proceed_top(Step& step, std::string_view argument);
void proceed_dele(Step& step, std::string_view argument);
void proceed_rset(Step& step, std::string_view argument);
void proceed_quit(Step& step, std::string_view argument);
/// The next piece of a LIST or UIDL without argument.
void continue_listing(Step& step, bool first);
void proceed_updated(Step& step, bool ok);

}  // namespace postern::pop3
