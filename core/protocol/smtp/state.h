// What a session remembers, and the steps its parts share. Private to protocol/smtp.
// An idle session is small: everything a transaction or a login needs is made when it begins.
#pragma once

#include <forward_list>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/smtp/content.h"
#include "protocol/smtp/reply.h"
#include "protocol/smtp/request.h"
#include "protocol/smtp/session.h"

namespace postern::smtp {

/// Where a session stands. Bits, so that a command can name several.
enum Phase : uint8_t {
  kGreeted = 1,     ///< connected, or TLS has just begun: no EHLO yet
  kReady = 2,       ///< EHLO was said, no transaction
  kMail = 4,        ///< MAIL was taken
  kRcpt = 8,        ///< a recipient was taken
  kChunks = 16,     ///< BDAT has begun
  kData = 32,       ///< content after 354
  kHandshake = 64,  ///< STARTTLS was answered
  kClosed = 128,
};
constexpr uint8_t kAnyCommand = kGreeted | kReady | kMail | kRcpt | kChunks;
constexpr uint8_t kInTransaction = kMail | kRcpt | kChunks;

/// One mail transaction, RFC 5321 section 3.3.
struct Transaction {
  Envelope envelope;
  std::unique_ptr<Content> content;  ///< once it has begun
  bool begun = false;                ///< Action::begin was given, and neither commit nor abort yet
  bool alone = false;                ///< for a mailbox that is nearly full: no other recipient beside it
};

/// A BDAT chunk that is being read: part of a message, or skipped.
struct ChunkInProgress {
  uint64_t left = 0;
  uint64_t octets = 0;
  bool open = false;
  bool last = false;
  Reply refusal = Reply::none;  ///< given at its end, RFC 3030 section 2
};

/// An AUTH exchange between two lines.
struct Exchange {
  enum class Wants : uint8_t { plain, login_name, login_password } wants = Wants::plain;
  std::string login;
};

/// The rest of a line is dropped up to its CRLF, because of this.
enum class Rest : uint8_t { none, too_long, auth_too_long, chunk_too_long, refused };

struct Session::State {
  State(uint64_t session_id, Endpoint peer_endpoint) : id(session_id), peer(peer_endpoint) {}

  uint64_t id;
  Endpoint peer;
  Phase phase = kGreeted;
  bool extended = false;  ///< EHLO, not HELO
  bool tls = false;
  Rest rest = Rest::none;
  bool after_cr = false;     ///< the last octet of a line whose rest is dropped was a CR
  bool unread = false;       ///< the session closed before all input was used
  bool login_tried = false;  ///< from now on a line that is not understood may be a password
  bool early_noted = false;
  bool stopping = false;  ///< stop() waits for the end of the message
  uint32_t errors = 0;
  uint32_t wrong_logins = 0;
  uint32_t messages = 0;  ///< begun; numbers message ids
  uint32_t questions = 0;
  uint32_t swallowed = 0;  ///< octets of the line whose rest is dropped
  uint64_t progress = 0;
  AccountId account = 0;
  std::string line;  ///< the part of a line that has come
  std::string helo;
  std::string message_id;
  ChunkInProgress chunk;
  std::unique_ptr<Transaction> transaction;
  std::unique_ptr<Exchange> exchange;
  std::unique_ptr<Question> question;   ///< the open one
  std::forward_list<std::string> kept;  ///< what actions of this call point to; dropped at the next call
};

/// One call into the machine: everything a step needs. Lives on the stack.
struct Step {
  Session::State& state;
  const Context& context;
  Actions& out;

  const Limits& limits() const { return context.rules.limits(); }
  /// One line; `text` replaces the table's when not empty.
  void reply(Reply reply, std::string_view text = {});
  void reply_part(Reply reply, std::string_view text);  ///< "250-...": more lines follow
  /// A refusal: a verdict, counted, the last word when there were too many (Limits::errors).
  void refuse(Stage stage, Reply reply, std::string_view reason = {});
  /// Says `reply` and closes.
  void close(Reply reply, std::string_view text = {});
  /// Closes without a word.
  void end(std::string_view why);
  void note(Stage stage, Decision decision, std::string_view gate, std::string_view rule, std::string_view reason = {});
  void reach(Stage stage) { context.trace.reach(stage, context.now); }
  Question& ask(Question::Kind kind, Action::Kind action);
  /// A line of the peer's in the transcript.
  void said(std::string_view text) { context.trace.line('C', text, context.now); }
};

// input.cpp
size_t take_input(Step& step, std::string_view octets);

// commands.cpp
/// Runs one complete line without its CRLF: valid UTF-8 without control octets other than tabs.
void run_line(Step& step, std::string_view line);
/// The line as it may stand in a transcript: secrets masked.
std::string masked(const Session::State& state, std::string_view line);

// transaction.cpp
Refusal check_mail(const Step& step, const Request& request);
Refusal check_rcpt(const Step& step, const Request& request);
void proceed_mail(Step& step, Request& request);
void proceed_rcpt(Step& step, Request& request);
/// RSET, EHLO, STARTTLS, the end of the session: the transaction and what was received of its message are dropped.
void drop_transaction(Step& step);

// message.cpp
Refusal check_data(const Step& step, const Request& request);
void proceed_data(Step& step, Request& request);
void proceed_bdat(Step& step, Request& request);
size_t take_content(Step& step, std::string_view octets);
size_t take_chunk(Step& step, std::string_view octets);
void proceed_committed(Step& step, const CommitAnswer& answer);
/// After stop(): the last word, once no message is in progress.
void say_stopped(Step& step);

// auth.cpp
Refusal check_auth(const Step& step, const Request& request);
void proceed_auth(Step& step, Request& request);
void proceed_response(Step& step, std::string_view line);
void proceed_verified(Step& step, const VerifyAnswer& answer);

}  // namespace postern::smtp
