#include "protocol/smtp/session.h"

#include "base/text.h"
#include "protocol/smtp/state.h"

namespace postern::smtp {
namespace {

constexpr size_t kReasonLimit = 128;  // octets of a reason in a 421

/// Begins a call: what the last one's actions pointed to is no longer needed.
Step begin_call(Session::State& state, const Context& context, Actions& out) {
  state.kept.clear();
  return {state, context, out};
}

/// The answer belongs to the open question; it is closed.
bool take_question(Session::State& state, Question::Kind kind, uint32_t number) {
  if (!state.question || state.question->kind != kind || state.question->number != number) return false;
  ++state.progress;
  state.question.reset();
  return true;
}

/// In the middle of a handshake nothing can be said.
void say_goodbye(Step& step, Reply reply, std::string_view text = {}) {
  if (step.state.phase != kHandshake) return step.close(reply, text);
  step.note(Stage::tls, Decision::refuse, reply_row(reply).gate, reply_row(reply).rule);
  step.end(reply_row(reply).rule);
}

/// RFC 3207 section 4.2: what was said in clear is forgotten.
void start_anew(Session::State& state) {
  state.phase = kGreeted;
  state.tls = true;
  state.extended = false;
  state.early_noted = false;
  state.account = 0;
  state.rest = Rest::none;
  state.after_cr = false;
  ++state.progress;
  std::string().swap(state.helo);
  std::string().swap(state.line);
}

}  // namespace

Session::Session(uint64_t session_id, Endpoint peer) : state_(std::make_unique<State>(session_id, peer)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::start(const Context& context, Actions& out) {
  Step step = begin_call(*state_, context, out);
  step.reach(Stage::banner);
  step.reply(Reply::banner, context.rules.host_name() + " " + std::string(reply_row(Reply::banner).text));
}

size_t Session::input(const Context& context, std::string_view octets, Actions& out) {
  Step step = begin_call(*state_, context, out);
  return take_input(step, octets);
}

void Session::tls_done(const Context& context, bool ok, std::string_view description, Actions& out) {
  Step step = begin_call(*state_, context, out);
  if (state_->phase != kHandshake) return;
  if (!ok) {
    step.note(Stage::tls, Decision::refuse, "tls", "handshake-failed", printable(description));
    return step.end("handshake-failed");
  }
  start_anew(*state_);
  context.trace.set_tls(description);
  step.reach(Stage::tls);
}

void Session::verified(const Context& context, uint32_t question, const VerifyAnswer& answer, Actions& out) {
  Step step = begin_call(*state_, context, out);
  if (take_question(*state_, Question::Kind::verify, question)) proceed_verified(step, answer);
}

void Session::committed(const Context& context, uint32_t question, const CommitAnswer& answer, Actions& out) {
  Step step = begin_call(*state_, context, out);
  if (take_question(*state_, Question::Kind::commit, question)) proceed_committed(step, answer);
}

void Session::timed_out(const Context& context, Actions& out) {
  Step step = begin_call(*state_, context, out);
  if (!closed()) say_goodbye(step, Reply::timed_out);
}

void Session::stop(const Context& context, std::string_view reason, bool finish_message, Actions& out) {
  Step step = begin_call(*state_, context, out);
  if (closed()) return;
  if (finish_message && in_message()) {
    state_->stopping = true;
    return;
  }
  say_goodbye(step, Reply::shutting_down, printable(reason, kReasonLimit));
}

void Session::disconnected(const Context& context, Actions& out) {
  Step step = begin_call(*state_, context, out);
  if (closed()) return;
  if (in_message())
    step.note(Stage::data, Decision::note, "session", "lost-in-message", "the peer left in the middle of a message");
  step.end("disconnected");
}

Seconds Session::timeout(const Limits& limits) const {
  if (state_->question) return limits.data_end;
  if (state_->phase == kData || state_->chunk.open) return limits.data_block;
  return state_->phase == kGreeted ? limits.greeting : limits.command;
}

uint64_t Session::progress() const {
  return state_->progress;
}
bool Session::unread() const {
  return state_->unread;
}
bool Session::in_message() const {
  return state_->phase == kData || state_->phase == kChunks;
}
bool Session::waiting() const {
  return state_->question != nullptr;
}
bool Session::closed() const {
  return state_->phase == kClosed;
}
AccountId Session::account() const {
  return state_->account;
}
const std::string& Session::message_id() const {
  return state_->message_id;
}

Question& Session::question() {
  static thread_local Question none;
  return state_->question ? *state_->question : none;
}

const Envelope& Session::envelope() const {
  static const Envelope kNone;
  return state_->transaction ? state_->transaction->envelope : kNone;
}

}  // namespace postern::smtp
