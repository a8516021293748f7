#include "protocol/smtp/state.h"

namespace postern::smtp {
namespace {

constexpr int kPermanent = 500;  // codes from here on, RFC 5321 section 4.2.1

void record(Step& step, std::string_view line) {
  step.context.trace.line('S', line.substr(0, line.size() - 2), step.context.now);
}

/// RFC 5321 section 4.3.2 lets us give up on a client that makes too many. What fails for now is not its fault; a
/// user's address book may hold many a wrong address; chunks already under way behind a failed one are expected (RFC
/// 3030).
bool counts_as_error(const Session::State& state, Stage stage, Reply reply) {
  if (reply_row(reply).code < kPermanent || reply == Reply::chunk_out_of_order) return false;
  return stage != Stage::rcpt || state.account == 0;
}

}  // namespace

void Step::reply(Reply reply, std::string_view text) {
  const std::string line = reply_line(reply, text);
  record(*this, line);
  out.send(line);
}

void Step::reply_part(Reply reply, std::string_view text) {
  const std::string line = reply_line(reply, text, true);
  record(*this, line);
  out.send(line);
}

void Step::refuse(Stage stage, Reply reply, std::string_view reason) {
  const ReplyRow& row = reply_row(reply);
  note(stage, row.code < kPermanent ? Decision::defer : Decision::refuse, row.gate, row.rule, reason);
  if (counts_as_error(state, stage, reply) && ++state.errors > limits().errors)
    close(Reply::too_many_errors);
  else
    this->reply(reply);
}

void Step::close(Reply reply, std::string_view text) {
  const ReplyRow& row = reply_row(reply);
  if (reply != Reply::goodbye) note(Stage::close, Decision::refuse, row.gate, row.rule);
  drop_transaction(*this);
  this->reply(reply, text);
  end(row.rule);
}

void Step::end(std::string_view why) {
  drop_transaction(*this);
  state.phase = kClosed;
  state.chunk = {};
  state.exchange.reset();
  state.question.reset();
  out.add(Action::Kind::close);
  context.trace.finish(context.now, why);
}

void Step::note(Stage stage, Decision decision, std::string_view gate, std::string_view rule, std::string_view reason) {
  Verdict verdict;
  verdict.stage = stage;
  verdict.decision = decision;
  verdict.gate = gate;
  verdict.rule = rule;
  verdict.reason = reason;
  context.trace.verdict(std::move(verdict), context.now);
}

Question& Step::ask(Question::Kind kind, Action::Kind action) {
  state.question = std::make_unique<Question>();
  state.question->kind = kind;
  state.question->number = ++state.questions;
  out.add(action);
  return *state.question;
}

}  // namespace postern::smtp
