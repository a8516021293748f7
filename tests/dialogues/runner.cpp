#include "dialogues/runner.h"

#include <random>

namespace postern::test {
namespace {

constexpr uint32_t kRandomRuns = 8;
constexpr size_t kLongestPiece = 24;  // octets, when cut at random

class Run {
 public:
  Run(const Dialogue& dialogue, DialogueMachine& machine, Cut cut)
      : dialogue_(dialogue), machine_(machine), cut_(cut), random_(cut.seed) {}

  RunResult go() {
    RunResult result;
    for (const auto& [key, value] : dialogue_.rules)
      if (!machine_.set(key, value)) result.error = dialogue_.file + ": rules: " + key + "=" + value;
    machine_.start();
    for (const DialogueStep& step : dialogue_.steps) {
      if (!result.error.empty()) break;
      result.error = take(step);
      if (!result.error.empty()) result.error = place(step) + result.error;
    }
    if (result.error.empty()) result.error = settle();
    result.sent = all_ + machine_.sent;
    result.outcome = machine_.outcome();
    return result;
  }

 private:
  std::string place(const DialogueStep& step) const {
    return dialogue_.file + ":" + std::to_string(step.line) + " (" + dialogue_.name + "): ";
  }

  std::string take(const DialogueStep& step) {
    if (step.kind == "C" || step.kind == "c") {
      std::string error = pending_.empty() ? nothing_left() : std::string();
      pending_ += step.kind == "C" ? step.text + "\r\n" : unescape(step.text);
      return error;
    }
    flush();
    if (step.kind == "S") return expect_line(step.text);
    if (step.kind == "s") return expect(unescape(step.text));
    if (step.kind == "X") return machine_.closed ? std::string() : "not closed";
    if (step.kind == "T" || step.kind == "A" || step.kind == "E") {
      std::string error = nothing_left();
      return error.empty() ? act(step) : error;
    }
    return machine_.check(step.kind, step.text);
  }

  std::string act(const DialogueStep& step) {
    if (step.kind == "A" && !machine_.answer(step.text)) return "cannot answer " + step.text;
    if (step.kind == "E" && !machine_.event(step.text)) return "no event " + step.text;
    if (step.kind == "T") {
      if (!machine_.tls_wanted) return "TLS is not wanted";
      machine_.tls_wanted = false;
      machine_.tls_done(step.text == "ok");
    }
    drive();
    return {};
  }

  std::string settle() {
    flush();
    std::string error = nothing_left();
    return error.empty() ? error : dialogue_.file + " (" + dialogue_.name + "), at the end: " + error;
  }

  /// Sends what is pending, cut as asked.
  void flush() {
    const std::string octets = std::move(pending_);
    pending_.clear();
    for (size_t i = 0; i < octets.size();) {
      const size_t size = piece(octets.size() - i);
      receive(octets.substr(i, size));
      i += size;
    }
  }

  size_t piece(size_t left) {
    if (cut_.kind == Cut::Kind::whole) return left;
    if (cut_.kind == Cut::Kind::octets) return 1;
    return std::min(left, std::uniform_int_distribution<size_t>(1, kLongestPiece)(random_));
  }

  void receive(std::string octets) {
    // Behind STARTTLS there is no clear text: the driver drops what it holds, the handshake takes the rest.
    if (machine_.closed || machine_.tls_wanted) return;
    kept_ += octets;
    drive();
  }

  /// As the network driver: what the machine does not use is kept until its question is answered.
  void drive() {
    while (!kept_.empty() && !machine_.waiting() && !machine_.closed && !machine_.tls_wanted) {
      const std::string octets = std::move(kept_);
      kept_.clear();
      const size_t used = machine_.input(octets);
      if (used == 0) break;
      kept_ = octets.substr(used);
    }
    if (machine_.closed || machine_.tls_wanted) kept_.clear();
  }

  std::string expect_line(const std::string& pattern) {
    const size_t end = machine_.sent.find("\r\n");
    if (end == std::string::npos) return "expected \"" + pattern + "\", nothing was sent";
    const std::string line = machine_.sent.substr(0, end);
    if (!matches(pattern, line)) return "expected \"" + pattern + "\", got \"" + line + "\"";
    consume(end + 2);
    return {};
  }

  std::string expect(const std::string& text) {
    if (machine_.sent.substr(0, text.size()) != text) return "expected \"" + text + "\", got \"" + machine_.sent + "\"";
    consume(text.size());
    return {};
  }

  void consume(size_t octets) {
    all_ += machine_.sent.substr(0, octets);
    machine_.sent.erase(0, octets);
  }

  std::string nothing_left() const {
    return machine_.sent.empty() ? std::string() : "not expected: \"" + machine_.sent + "\"";
  }

  const Dialogue& dialogue_;
  DialogueMachine& machine_;
  Cut cut_;
  std::minstd_rand random_;
  std::string pending_;  ///< said by the client, not yet sent
  std::string kept_;     ///< received, not yet used by the machine
  std::string all_;
};

std::string compare(const RunResult& whole, const RunResult& cut, const std::string& how) {
  if (!cut.error.empty()) return cut.error + " (cut: " + how + ")";
  if (cut.sent != whole.sent)
    return "replies differ when the input is cut: " + how + "\n" + cut.sent + "\n" + whole.sent;
  if (cut.outcome != whole.outcome)
    return "the outcome differs when the input is cut: " + how + "\n" + cut.outcome + "\n" + whole.outcome;
  return {};
}

}  // namespace

RunResult run_dialogue(const Dialogue& dialogue, const MachineFactory& make, Cut cut) {
  const std::unique_ptr<DialogueMachine> machine = make();
  return Run(dialogue, *machine, cut).go();
}

std::string run_every_way(const Dialogue& dialogue, const MachineFactory& make) {
  const RunResult whole = run_dialogue(dialogue, make, {});
  if (!whole.error.empty()) return whole.error;
  std::string error = compare(whole, run_dialogue(dialogue, make, {Cut::Kind::octets, 0}), "octet by octet");
  for (uint32_t seed = 1; seed <= kRandomRuns && error.empty(); ++seed)
    error = compare(whole, run_dialogue(dialogue, make, {Cut::Kind::random, seed}), "seed " + std::to_string(seed));
  return error;
}

}  // namespace postern::test
