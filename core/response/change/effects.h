// Runs effects by intent and settles those that were left open. The admin thread only.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "response/audit/audit_log.h"
#include "response/change/change_store.h"

namespace postern::change {

/// Where a test may end the process.
enum class Edge : uint8_t { before_intent, after_intent, before_perform, after_perform, before_done, after_done };

class EffectRunner {
 public:
  /// All outlive the runner.
  EffectRunner(ChangeStore& store, audit::AuditLog& audit, const Clock& clock)
      : store_(store), audit_(audit), clock_(clock) {}

  void add(std::unique_ptr<Effect> effect);
  const Effect* find(std::string_view verb) const;
  /// Inside the transaction of `change`. bad_input when no effect has such a verb.
  Expected<std::vector<EffectRecord>> intend(uint64_t change, const std::vector<EffectIntent>& intents);
  /// After that transaction; each one's end is written in a transaction of its own.
  void run(const std::vector<EffectRecord>& effects);
  /// At start, before anything else: every open intent is looked up, performed if it was not, and closed.
  Expected<void> settle();
  /// What takes the effects of a change back, last one first. irreversible when one cannot be.
  Expected<std::vector<EffectIntent>> inverses(uint64_t change);

  /// Tests only: called at each edge.
  void set_edge_hook(std::function<void(Edge)> hook) { hook_ = std::move(hook); }
  void at(Edge edge) const {
    if (hook_) hook_(edge);
  }

 private:
  Effect* find(std::string_view verb);
  void perform(const EffectRecord& effect);
  void finish(EffectRecord effect, const EffectOutcome& outcome);
  Expected<void> write_end(const EffectRecord& effect);

  ChangeStore& store_;
  audit::AuditLog& audit_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Effect>> effects_;
  std::function<void(Edge)> hook_;
};

}  // namespace postern::change
