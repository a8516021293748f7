#include "base/trace.h"

#include <fmt/format.h>

#include <algorithm>

namespace postern {
namespace {

constexpr size_t kHalf = kTranscriptLimit / 2;
constexpr size_t kLineLimit = 1024;  // octets of one transcript line
constexpr size_t kShort = 2048;      // octets of a transcript that grows by little, so that an idle session stays small
constexpr size_t kStep = 128;

uint32_t since(WallTime began, WallTime now) {
  return static_cast<uint32_t>(std::clamp<int64_t>((now - began) / 1000, 0, UINT32_MAX - 1));
}

}  // namespace

std::string_view stage_name(Stage stage) {
  constexpr std::array<std::string_view, kStages> kNames{"accept", "policy", "banner", "ehlo",    "tls",    "auth",
                                                         "mail",   "rcpt",   "data",   "content", "commit", "close"};
  return kNames[static_cast<size_t>(stage)];
}

std::string_view decision_name(Decision decision) {
  constexpr std::array<std::string_view, 4> kNames{"pass", "note", "defer", "refuse"};
  return kNames[static_cast<size_t>(decision)];
}

void Trace::reach(Stage stage, WallTime now) {
  uint32_t& at = stages_[static_cast<size_t>(stage)];
  if (at == kNotReached) at = since(began_, now);
}

void Trace::verdict(Verdict verdict, WallTime now) {
  reach(verdict.stage, now);
  if (verdicts_.size() >= kVerdictLimit) return;
  verdict.at_ms = since(began_, now);
  verdicts_.push_back(std::move(verdict));
}

void Trace::line(char direction, std::string_view text, WallTime now) {
  const std::string entry = fmt::format("{} {}: {}\n", since(began_, now), direction, text.substr(0, kLineLimit));
  if (!tail_ && head_.size() + entry.size() <= kHalf) {
    const size_t wanted = head_.size() + entry.size();
    if (wanted > head_.capacity() && wanted < kShort) head_.reserve(wanted + kStep);
    head_ += entry;
    return;
  }
  if (!tail_) tail_ = std::make_unique<std::string>();
  *tail_ += entry;
  if (tail_->size() <= kHalf) return;
  // Half of it goes at once, so that not every line moves the rest.
  const size_t cut = tail_->find('\n', tail_->size() - kHalf / 2) + 1;
  left_out_ += cut;
  tail_->erase(0, cut);
}

void Trace::finish(WallTime now, std::string_view why) {
  reach(Stage::close, now);
  if (ended_ != 0) return;
  ended_ = now;
  why_ = why;
}

Trace Trace::copy() const {
  Trace out(session_, port_, peer_, local_, began_);
  out.ended_ = ended_;
  out.messages_ = messages_;
  out.octets_in_ = octets_in_;
  out.octets_out_ = octets_out_;
  out.stages_ = stages_;
  out.user_ = user_;
  out.helo_ = helo_;
  out.tls_ = tls_;
  out.why_ = why_;
  out.verdicts_ = verdicts_;
  out.head_ = head_;
  if (tail_) out.tail_ = std::make_unique<std::string>(*tail_);
  out.left_out_ = left_out_;
  return out;
}

std::string Trace::transcript() const {
  std::string out = head_;
  if (left_out_ > 0) out += fmt::format("... {} octets left out\n", left_out_);
  if (tail_) out += *tail_;
  return out;
}

}  // namespace postern
