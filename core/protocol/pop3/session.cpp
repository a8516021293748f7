#include "protocol/pop3/session.h"

#include "base/text.h"
#include "protocol/pop3/state.h"

namespace postern::pop3 {

Session::Session(uint64_t session_id, Endpoint peer) : state_(std::make_unique<State>(session_id, peer)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::start(const Context& context, Actions& out) {
  Step step{*state_, context, out};
  context.trace.reach(Stage::accept, context.now);
  context.trace.reach(Stage::banner, context.now);
  // RFC 1939 section 7: no time stamp in angle brackets, since APOP is not offered.
  step.reply("+OK " + context.rules.host_name() + " POP3 ready");
}

size_t Session::input(const Context& context, std::string_view octets, Actions& out) {
  Step step{*state_, context, out};
  return take_input(step, octets);
}

void Session::tls_done(const Context& context, bool ok, std::string_view description, Actions& out) {
  if (state_->phase != kHandshake) return;
  Step step{*state_, context, out};
  if (!ok) {
    step.note(Decision::refuse, "tls-failed", description);
    step.close("TLS handshake failed");
    return;
  }
  context.trace.set_tls(description);
  ++state_->progress;
  state_->phase = kSecure;
}

void Session::logged_in(const Context& context, uint32_t question, const LoginAnswer& answer, Actions& out) {
  if (!state_->open || state_->question.kind != Question::Kind::login || state_->question.number != question) return;
  state_->open = false;
  ++state_->progress;
  Step step{*state_, context, out};
  proceed_login(step, answer);
}

bool Session::content(const Context& context, uint32_t question, std::string_view octets, Actions& out) {
  if (!state_->open || state_->question.kind != Question::Kind::fetch || state_->question.number != question)
    return true;
  const bool begun = state_->delivery->begun();
  const bool enough = state_->delivery->feed(octets, out);
  if (!begun && state_->delivery->begun()) context.trace.line('S', "+OK (message)", context.now);
  return enough;
}

void Session::content_end(const Context& context, uint32_t question, bool ok, Actions& out) {
  if (!state_->open || state_->question.kind != Question::Kind::fetch || state_->question.number != question) return;
  state_->open = false;
  ++state_->progress;
  Step step{*state_, context, out};
  const std::unique_ptr<Delivery> delivery = std::move(state_->delivery);
  if (ok) {
    if (!delivery->begun()) context.trace.line('S', "+OK (message)", context.now);
    delivery->finish(out);
    context.trace.count_message();
  } else if (!delivery->begun()) {
    step.refuse("-ERR [SYS/TEMP] The message cannot be read now", "store-read");  // RFC 3206 section 4
  } else {
    // A terminator now would pass a part off as the whole message.
    step.note(Decision::defer, "store-read", "in the middle of a message");
    step.close("the store failed in the middle of a message");
  }
}

void Session::more(const Context& context, uint32_t question, Actions& out) {
  if (!state_->open || state_->question.kind != Question::Kind::listing || state_->question.number != question) return;
  state_->open = false;
  ++state_->progress;
  Step step{*state_, context, out};
  continue_listing(step, false);
}

void Session::updated(const Context& context, uint32_t question, bool ok, Actions& out) {
  if (!state_->open || state_->question.kind != Question::Kind::update || state_->question.number != question) return;
  state_->open = false;
  ++state_->progress;
  Step step{*state_, context, out};
  proceed_updated(step, ok);
}

void Session::timed_out(const Context& context, Actions& out) {
  if (state_->phase == kClosed || state_->phase == kUpdate) return;
  Step step{*state_, context, out};
  // RFC 1939 section 3: closed without a reply, and without UPDATE: nothing is removed.
  step.note(Decision::refuse, "time-out", "");
  step.close("time-out");
}

void Session::stop(const Context& context, std::string_view reason, Actions& out) {
  // In UPDATE the removals are on their way to the store: its answer ends the session.
  if (state_->phase == kClosed || state_->phase == kUpdate) return;
  Step step{*state_, context, out};
  // Inside a message, a listing or a handshake a reply would be taken for content.
  const bool in_content = state_->open && state_->question.kind != Question::Kind::login;
  if (!in_content && state_->phase != kHandshake) step.reply("-ERR [SYS/TEMP] " + printable(reason));
  step.close(reason);
}

void Session::disconnected(const Context& context, Actions&) {
  if (state_->phase == kClosed) return;
  state_->phase = kClosed;
  state_->open = false;
  ++state_->progress;
  context.trace.finish(context.now, "the peer closed the connection");
}

Seconds Session::timeout(const Limits& limits) const {
  return state_->phase == kTransaction ? limits.transaction : limits.authorization;
}

uint64_t Session::progress() const {
  return state_->progress;
}
bool Session::unread() const {
  return state_->unread;
}
bool Session::waiting() const {
  return state_->open;
}
bool Session::closed() const {
  return state_->phase == kClosed;
}
Question& Session::question() {
  return state_->question;
}
AccountId Session::account() const {
  return state_->account;
}
bool Session::in_transaction() const {
  return state_->phase == kTransaction;
}

}  // namespace postern::pop3
