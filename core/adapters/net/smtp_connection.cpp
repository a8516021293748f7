// Performs what smtp::Session asks for.
#include <algorithm>
#include <asio/use_awaitable.hpp>

#include "adapters/net/answer.h"
#include "adapters/net/connection.h"
#include "protocol/smtp/session.h"

namespace postern::net {
namespace {

using smtp::CommitAnswer;
using smtp::VerifyAnswer;

struct Committed {
  bool stored = false;
  uint64_t message = 0;
  Error error;
};

class SmtpConnection final : public Connection {
 public:
  SmtpConnection(IoThread& thread, asio::ip::tcp::socket socket, Endpoint peer, Endpoint local)
      : Connection(thread, std::move(socket), 25, peer, local), session_(id(), peer) {}

  asio::awaitable<void> run();

 protected:
  bool in_message() const override { return session_.in_message() || session_.waiting(); }

 private:
  enum class Next : uint8_t { read, start_tls, ask, commit, close };

  smtp::Context context() { return {*thread().policy().smtp, now(), mutable_trace()}; }
  void parse(std::string_view octets);
  void parse_rest();
  Next apply();
  asio::awaitable<bool> perform();
  asio::awaitable<void> flush_draft();
  asio::awaitable<void> ask();
  asio::awaitable<void> commit();
  mail::Delivery delivery();
  void wake_up(Wake wake);

  smtp::Session session_;
  std::string rest_;     ///< received, not parsed while a question is open
  std::string parsing_;  ///< what the actions' views point into when the rest is parsed
  std::unique_ptr<mail::Draft> draft_;
  Error draft_error_;  ///< a spool that failed: the message is answered at its end
};

void SmtpConnection::parse(std::string_view octets) {
  const size_t used = session_.input(context(), octets, buffers().actions);
  if (used < octets.size()) rest_.assign(octets.substr(used));
}

void SmtpConnection::parse_rest() {
  parsing_ = std::exchange(rest_, std::string());
  parse(parsing_);
}

/// Performs everything that does not wait; says what comes next.
SmtpConnection::Next SmtpConnection::apply() {
  Actions& actions = buffers().actions;
  Next next = Next::read;
  for (size_t i = 0; i < actions.size(); ++i) {
    const Action action = actions[i];
    switch (action.kind) {
      case Action::Kind::send:
        buffers().out += action.bytes;
        break;
      case Action::Kind::begin:
        draft_ = thread().host().store().begin();
        draft_error_ = {};
        break;
      case Action::Kind::content:
        if (draft_) draft_->append(as_bytes(action.bytes));
        break;
      case Action::Kind::abort:
        draft_.reset();
        break;
      case Action::Kind::start_tls:
        next = Next::start_tls;
        break;
      case Action::Kind::ask:
        next = Next::ask;
        break;
      case Action::Kind::commit:
        next = Next::commit;
        break;
      case Action::Kind::close:
        next = Next::close;
        break;
    }
  }
  actions.clear();
  parsing_ = std::string();
  return next;
}

asio::awaitable<void> SmtpConnection::flush_draft() {
  mail::Draft* draft = draft_.get();
  Starter<Expected<void>> start = [draft](std::function<void(Expected<void>)> done) { draft->flush(std::move(done)); };
  const Expected<void> flushed = co_await answer<Expected<void>>(thread().io(), std::move(start));
  if (flushed) co_return;
  draft_error_ = flushed.error();
  draft_.reset();
}

VerifyAnswer::Kind answer_kind(VerifyOutcome::Kind kind) {
  switch (kind) {
    case VerifyOutcome::Kind::accepted:
      return VerifyAnswer::Kind::accepted;
    case VerifyOutcome::Kind::wrong:
      return VerifyAnswer::Kind::wrong;
    case VerifyOutcome::Kind::disabled:
      return VerifyAnswer::Kind::disabled;
    case VerifyOutcome::Kind::unavailable:
      break;
  }
  return VerifyAnswer::Kind::unavailable;
}

asio::awaitable<void> SmtpConnection::ask() {
  smtp::Question& question = session_.question();
  const uint32_t number = question.number;
  auto request = std::make_shared<VerifyRequest>();
  request->port = 25;
  request->peer = trace().peer().address;
  request->login = question.login;
  request->secret = std::move(question.secret);
  Host* host = &thread().host();
  Starter<VerifyOutcome> start = [host, request](std::function<void(VerifyOutcome)> done) {
    host->verify(std::move(*request), std::move(done));
  };
  VerifyOutcome outcome = co_await answer<VerifyOutcome>(thread().io(), std::move(start));
  host->login_judged(thread().index(), 25, outcome.kind == VerifyOutcome::Kind::accepted);
  VerifyAnswer reply;
  reply.kind = answer_kind(outcome.kind);
  reply.account = outcome.account;
  reply.address = outcome.address;
  if (outcome.kind == VerifyOutcome::Kind::accepted) {
    login_account_ = outcome.account;
    login_version_ = outcome.version;
  }
  session_.verified(context(), number, reply, buffers().actions);
  // The policy may have changed while the password was being checked.
  recheck_login();
}

mail::Delivery SmtpConnection::delivery() {
  const smtp::Envelope& envelope = session_.envelope();
  mail::Delivery out;
  out.reverse_path = envelope.reverse_path;
  out.mailboxes = envelope.mailboxes;
  const auto& unlimited = envelope.unlimited;
  for (const mail::AccountId account : out.mailboxes) {
    const bool counts = std::find(unlimited.begin(), unlimited.end(), account) == unlimited.end();
    out.quotas.push_back(counts ? thread().policy().quota(account) : 0);
  }
  out.received = now();
  return out;
}

CommitAnswer::Kind commit_kind(const Error& error) {
  switch (error.code) {
    case ErrorCode::disk_full:
    case ErrorCode::folder_read_only:
      return CommitAnswer::Kind::no_space;
    case ErrorCode::mailbox_full:
      return CommitAnswer::Kind::mailbox_full;
    default:
      return CommitAnswer::Kind::failed;
  }
}

asio::awaitable<void> SmtpConnection::commit() {
  const uint32_t number = session_.question().number;
  const auto began = std::chrono::steady_clock::now();
  const uint64_t octets = draft_ ? draft_->size() : 0;
  Committed result;
  result.error = draft_error_;
  if (draft_) {
    mail::Draft* draft = draft_.get();
    auto what = std::make_shared<mail::Delivery>(delivery());
    Starter<Expected<uint64_t>> start = [draft, what](std::function<void(Expected<uint64_t>)> done) {
      draft->commit(std::move(*what), std::move(done));
    };
    const Expected<uint64_t> stored = co_await answer<Expected<uint64_t>>(thread().io(), std::move(start));
    result.stored = stored.has_value();
    if (stored)
      result.message = *stored;
    else
      result.error = stored.error();
    draft_.reset();
  }
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began).count();
  thread().host().message_committed(thread().index(), result.stored, micros, octets);
  if (result.stored) mutable_trace().count_message();
  CommitAnswer reply;
  reply.kind = result.stored ? CommitAnswer::Kind::stored : commit_kind(result.error);
  reply.message = result.message;
  session_.committed(context(), number, reply, buffers().actions);
}

/// Performs actions, waits for what they ask, parses what is left; true when more input is wanted.
asio::awaitable<bool> SmtpConnection::perform() {
  for (;;) {
    const Next next = apply();
    if (next == Next::commit) {
      // Replies to pipelined commands before the end of data need not wait for the disk.
      const bool alive = co_await flush();
      if (!alive) co_return false;
      co_await commit();
      continue;
    }
    const bool alive = co_await flush();
    if (!alive || next == Next::close) co_return false;
    if (next == Next::ask) {
      co_await ask();
      continue;
    }
    if (next == Next::start_tls) {
      rest_.clear();
      std::string early;
      const bool secure = co_await handshake(early);
      session_.tls_done(context(), secure, secure ? tls_description() : tls_failure(), buffers().actions);
      rest_ = std::move(early);
      continue;
    }
    if (draft_ && draft_->wants_flush()) co_await flush_draft();
    if (rest_.empty()) co_return true;
    parse_rest();
  }
}

void SmtpConnection::wake_up(Wake wake) {
  switch (wake) {
    case Wake::expired:
      session_.timed_out(context(), buffers().actions);
      break;
    case Wake::stopped:
      session_.stop(context(), stop_reason_, false, buffers().actions);
      break;
    case Wake::gone:
      session_.disconnected(context(), buffers().actions);
      break;
    case Wake::readable:
      break;
  }
}

asio::awaitable<void> SmtpConnection::run() {
  session_.start(context(), buffers().actions);
  bool open = co_await perform();
  while (open) {
    Wake wake = co_await wait_readable(session_.timeout(thread().policy().smtp->limits()), session_.progress());
    std::string_view octets;
    if (wake == Wake::readable) wake = fill(octets);
    if (wake == Wake::readable)
      parse(octets);
    else
      wake_up(wake);
    open = co_await perform();
    if (wake == Wake::gone) open = false;
  }
  buffers().actions.clear();
  buffers().out.clear();
  co_await finish(session_.closed() && !session_.unread() && rest_.empty() && stop_reason_.empty() && !deadline_over());
}

}  // namespace

asio::awaitable<void> serve_smtp(IoThread* thread, asio::ip::tcp::socket socket, Endpoint peer, Endpoint local) {
  SmtpConnection connection(*thread, std::move(socket), peer, local);
  co_await connection.run();
}

}  // namespace postern::net
