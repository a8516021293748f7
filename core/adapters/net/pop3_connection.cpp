// Performs what pop3::Session asks for.
#include <asio/use_awaitable.hpp>

#include "adapters/net/answer.h"
#include "adapters/net/connection.h"
#include "adapters/net/server.h"
#include "protocol/pop3/session.h"

namespace postern::net {
namespace {

using pop3::LoginAnswer;

/// The store's mailbox as the session sees it.
class OpenMailbox final : public pop3::MailboxView {
 public:
  explicit OpenMailbox(std::unique_ptr<mail::Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}
  uint32_t count() const override { return mailbox_->count(); }
  uint64_t octets() const override { return mailbox_->octets(); }
  bool entry(uint32_t number, uint64_t& size, std::string& unique_id) const override {
    const auto found = mailbox_->entry(number);
    if (!found) return false;
    size = found->size;
    unique_id = mailbox_->unique_id(*found);
    return true;
  }
  mail::Mailbox& mailbox() { return *mailbox_; }

 private:
  std::unique_ptr<mail::Mailbox> mailbox_;
};

class Pop3Connection final : public Connection {
 public:
  Pop3Connection(IoThread& thread, asio::ip::tcp::socket socket, Endpoint peer, Endpoint local)
      : Connection(thread, std::move(socket), 110, peer, local), session_(id(), peer) {}

  asio::awaitable<void> run();

 protected:
  bool in_message() const override { return session_.waiting(); }

 private:
  enum class Next : uint8_t { read, start_tls, ask, close };

  pop3::Context context() { return {*thread().policy().pop3, now(), mutable_trace()}; }
  void parse(std::string_view octets);
  void parse_rest();
  Next apply();
  asio::awaitable<bool> perform();
  asio::awaitable<bool> answer_question();
  asio::awaitable<void> login();
  LoginAnswer open_mailbox(const VerifyOutcome& outcome);
  asio::awaitable<bool> fetch();
  asio::awaitable<void> update();
  void wake_up(Wake wake);

  std::unique_ptr<OpenMailbox> mailbox_;  // outlives the session, which looks into it
  pop3::Session session_;
  std::string rest_;
  std::string parsing_;
};

void Pop3Connection::parse(std::string_view octets) {
  const size_t used = session_.input(context(), octets, buffers().actions);
  if (used < octets.size()) rest_.assign(octets.substr(used));
}

void Pop3Connection::parse_rest() {
  parsing_ = std::exchange(rest_, std::string());
  parse(parsing_);
}

Pop3Connection::Next Pop3Connection::apply() {
  Actions& actions = buffers().actions;
  Next next = Next::read;
  for (size_t i = 0; i < actions.size(); ++i) {
    const Action action = actions[i];
    if (action.kind == Action::Kind::send) buffers().out += action.bytes;
    if (action.kind == Action::Kind::start_tls) next = Next::start_tls;
    if (action.kind == Action::Kind::ask) next = Next::ask;
    if (action.kind == Action::Kind::close) next = Next::close;
  }
  actions.clear();
  parsing_ = std::string();
  return next;
}

LoginAnswer Pop3Connection::open_mailbox(const VerifyOutcome& outcome) {
  LoginAnswer reply;
  reply.account = outcome.account;
  reply.address = outcome.address;
  auto opened = thread().host().store().open_mailbox(outcome.account);
  if (!opened) {
    reply.kind = opened.error().code == ErrorCode::busy ? LoginAnswer::Kind::in_use : LoginAnswer::Kind::unavailable;
    return reply;
  }
  mailbox_ = std::make_unique<OpenMailbox>(std::move(*opened));
  reply.kind = LoginAnswer::Kind::accepted;
  reply.mailbox = mailbox_.get();
  login_account_ = outcome.account;
  login_version_ = outcome.version;
  return reply;
}

asio::awaitable<void> Pop3Connection::login() {
  pop3::Question& question = session_.question();
  const uint32_t number = question.number;
  auto request = std::make_shared<VerifyRequest>();
  request->port = 110;
  request->peer = trace().peer().address;
  request->login = question.login;
  request->secret = std::move(question.secret);
  Host* host = &thread().host();
  Starter<VerifyOutcome> start = [host, request](std::function<void(VerifyOutcome)> done) {
    host->verify(std::move(*request), std::move(done));
  };
  const VerifyOutcome outcome = co_await answer<VerifyOutcome>(thread().io(), std::move(start));
  host->login_judged(thread().index(), 110, outcome.kind == VerifyOutcome::Kind::accepted);
  LoginAnswer reply;
  switch (outcome.kind) {
    case VerifyOutcome::Kind::accepted:
      reply = open_mailbox(outcome);
      break;
    case VerifyOutcome::Kind::wrong:
      reply.kind = LoginAnswer::Kind::wrong;
      break;
    case VerifyOutcome::Kind::disabled:
      reply.kind = LoginAnswer::Kind::disabled;
      break;
    case VerifyOutcome::Kind::unavailable:
      reply.kind = LoginAnswer::Kind::unavailable;
      break;
  }
  session_.logged_in(context(), number, reply, buffers().actions);
  recheck_login();
}

/// Streams one message; false when the peer is gone.
asio::awaitable<bool> Pop3Connection::fetch() {
  const uint32_t number = session_.question().number;
  auto reader = mailbox_->mailbox().open(session_.question().message);
  bool ok = reader.has_value();
  while (ok) {
    const auto chunk = (*reader)->next();
    ok = chunk.has_value();
    if (!ok || chunk->empty()) break;
    const bool enough = session_.content(context(), number, as_text(*chunk), buffers().actions);
    apply();
    // Small messages leave in one piece with their end.
    if (buffers().out.size() < kInlineFlush) {
      if (enough) break;
      continue;
    }
    const bool alive = co_await flush();
    if (!alive) co_return false;
    if (enough) break;
  }
  session_.content_end(context(), number, ok, buffers().actions);
  co_return true;
}

asio::awaitable<void> Pop3Connection::update() {
  const uint32_t number = session_.question().number;
  auto removals = std::make_shared<std::vector<uint32_t>>(std::move(session_.question().removals));
  mail::Mailbox* mailbox = &mailbox_->mailbox();
  Starter<Expected<void>> start = [mailbox, removals](std::function<void(Expected<void>)> done) {
    mailbox->remove(std::move(*removals), std::move(done));
  };
  const Expected<void> removed = co_await answer<Expected<void>>(thread().io(), std::move(start));
  session_.updated(context(), number, removed.has_value(), buffers().actions);
}

asio::awaitable<bool> Pop3Connection::answer_question() {
  switch (session_.question().kind) {
    case pop3::Question::Kind::login:
      co_await login();
      break;
    case pop3::Question::Kind::listing:
      session_.more(context(), session_.question().number, buffers().actions);
      break;
    case pop3::Question::Kind::update:
      co_await update();
      break;
    case pop3::Question::Kind::fetch: {
      const bool alive = co_await fetch();
      co_return alive;
    }
  }
  co_return true;
}

asio::awaitable<bool> Pop3Connection::perform() {
  for (;;) {
    const Next next = apply();
    // The mailbox is free before the peer reads the last reply: it may come back at once.
    if (next == Next::close) mailbox_.reset();
    // Answers to pipelined commands leave together, unless there is much to send.
    const bool hold = next == Next::ask && session_.question().kind == pop3::Question::Kind::fetch &&
                      buffers().out.size() < kInlineFlush;
    if (!hold) {
      const bool alive = co_await flush();
      if (!alive) co_return false;
    }
    if (next == Next::close) co_return false;
    if (next == Next::ask) {
      const bool alive = co_await answer_question();
      if (!alive) co_return false;
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
    if (rest_.empty()) co_return true;
    parse_rest();
  }
}

void Pop3Connection::wake_up(Wake wake) {
  switch (wake) {
    case Wake::expired:
      session_.timed_out(context(), buffers().actions);
      break;
    case Wake::stopped:
      session_.stop(context(), stop_reason_, buffers().actions);
      break;
    case Wake::gone:
      session_.disconnected(context(), buffers().actions);
      break;
    case Wake::readable:
      break;
  }
}

asio::awaitable<void> Pop3Connection::run() {
  session_.start(context(), buffers().actions);
  bool open = co_await perform();
  while (open) {
    Wake wake = co_await wait_readable(session_.timeout(thread().policy().pop3->limits()), session_.progress());
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
  mailbox_.reset();
  co_await finish(session_.closed() && !session_.unread() && rest_.empty() && stop_reason_.empty() && !deadline_over());
}

}  // namespace

asio::awaitable<void> serve_pop3(IoThread* thread, asio::ip::tcp::socket socket, Endpoint peer, Endpoint local) {
  Pop3Connection connection(*thread, std::move(socket), peer, local);
  co_await connection.run();
}

}  // namespace postern::net
