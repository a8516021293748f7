#include "protocol/pop3/state.h"

#include <bit>

namespace postern::pop3 {
namespace {

constexpr uint32_t kWordBits = 64;

}  // namespace

void Marks::set(uint32_t message, uint64_t octets) {
  if (message / kWordBits >= words_.size()) words_.resize(message / kWordBits + 1);
  words_[message / kWordBits] |= uint64_t{1} << (message % kWordBits);
  ++count_;
  octets_ += octets;
}

std::vector<uint32_t> Marks::list() const {
  std::vector<uint32_t> out;
  out.reserve(count_);
  for (size_t word = 0; word < words_.size(); ++word)
    for (uint64_t bits = words_[word]; bits != 0; bits &= bits - 1)
      out.push_back(static_cast<uint32_t>(word) * kWordBits + static_cast<uint32_t>(std::countr_zero(bits)));
  return out;
}

void Step::reply(std::string_view text) {
  out.send(text);
  out.send("\r\n");
  context.trace.line('S', text, context.now);
}

void Step::refuse(std::string_view text, std::string_view rule) {
  ++state.errors;
  note(Decision::refuse, rule, text);
  if (state.errors < context.rules.limits().errors) {
    reply(text);
    return;
  }
  reply(std::string(text) + " (too many errors, closing)");
  close("too many errors");
}

void Step::close(std::string_view why) {
  state.phase = kClosed;
  state.open = false;
  state.delivery.reset();
  out.add(Action::Kind::close);
  context.trace.finish(context.now, why);
}

Question& Step::ask(Question::Kind kind) {
  state.question = {};
  state.question.kind = kind;
  state.question.number = ++state.questions;
  state.open = true;
  out.add(Action::Kind::ask);
  return state.question;
}

void Step::note(Decision decision, std::string_view rule, std::string_view reason) {
  Verdict verdict;
  verdict.stage = stage();
  verdict.decision = decision;
  verdict.gate = "pop3";
  verdict.rule = rule;
  verdict.reason = reason;
  context.trace.verdict(std::move(verdict), context.now);
}

Stage Step::stage() const {
  switch (state.phase) {
    case kClear:
    case kSecure:
      return Stage::auth;
    case kHandshake:
      return Stage::tls;
    case kTransaction:
      return Stage::data;
    case kUpdate:
      return Stage::commit;
    case kClosed:
      break;
  }
  return Stage::close;
}

}  // namespace postern::pop3
