#include "response/change/effects.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/log.h"
#include "crypto/random.h"

namespace postern::change {
namespace {

constexpr std::array<std::string_view, 3> kStates = {"intended", "done", "failed"};
constexpr size_t kIdOctets = 16;
constexpr const char* kActor = "postern";
constexpr const char* kVia = "effect";

}  // namespace

std::string_view effect_state_name(EffectState state) {
  return kStates[static_cast<size_t>(state)];
}

std::optional<EffectState> effect_state_from_name(std::string_view name) {
  const auto found = std::find(kStates.begin(), kStates.end(), name);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<EffectState>(found - kStates.begin());
}

void EffectRunner::add(std::unique_ptr<Effect> effect) {
  effects_.push_back(std::move(effect));
}

Effect* EffectRunner::find(std::string_view verb) {
  const auto found =
      std::find_if(effects_.begin(), effects_.end(), [verb](const auto& effect) { return effect->verb() == verb; });
  return found == effects_.end() ? nullptr : found->get();
}

const Effect* EffectRunner::find(std::string_view verb) const {
  return const_cast<EffectRunner*>(this)->find(verb);
}

Expected<std::vector<EffectRecord>> EffectRunner::intend(uint64_t change, const std::vector<EffectIntent>& intents) {
  std::vector<EffectRecord> out;
  for (const EffectIntent& intent : intents) {
    if (find(intent.verb) == nullptr) return fail(ErrorCode::bad_input, {"effect", intent.verb});
    EffectRecord record{hex(crypto::random_bytes(kIdOctets)), change, intent, EffectState::intended, {}, clock_.wall()};
    if (auto added = store_.add_effect(record); !added) return fail(added.error());
    out.push_back(std::move(record));
  }
  return out;
}

void EffectRunner::run(const std::vector<EffectRecord>& effects) {
  for (const EffectRecord& effect : effects) perform(effect);
}

void EffectRunner::perform(const EffectRecord& effect) {
  at(Edge::before_perform);
  Effect* performer = find(effect.what.verb);
  if (performer == nullptr) return finish(effect, {fail(ErrorCode::not_found, {"effect " + effect.what.verb}), {}});
  performer->perform(effect, [this, effect](EffectOutcome outcome) {
    at(Edge::after_perform);
    finish(effect, outcome);
  });
}

void EffectRunner::finish(EffectRecord effect, const EffectOutcome& outcome) {
  effect.state = outcome.result ? EffectState::done : EffectState::failed;
  if (!outcome.result) effect.error = error_name(outcome.result.error().code);
  if (!outcome.before.empty()) effect.what.before = outcome.before;
  effect.time = clock_.wall();
  if (auto written = write_end(effect); !written) {
    // The intent stays open: the next start settles it.
    log_error("change", "the end of an effect could not be written: " + std::string(error_name(written.error().code)));
    static_cast<void>(audit_.load());
  }
}

Expected<void> EffectRunner::write_end(const EffectRecord& effect) {
  audit::Transaction transaction(store_);
  if (!transaction.opened()) return transaction.opened();
  if (auto moved = store_.move_effect(effect); !moved) return moved;
  const Json payload{{"effect", effect.id},
                     {"change", std::to_string(effect.change)},
                     {"before", effect.what.before},
                     {"error", effect.error}};
  const auto seq = audit_.append({kActor, kVia, "effect." + std::string(effect_state_name(effect.state)),
                                  effect.what.verb + " " + effect.what.object, canonical_json(payload)});
  if (!seq) return fail(seq.error());
  at(Edge::before_done);
  auto done = transaction.commit();
  if (done) at(Edge::after_done);
  return done;
}

Expected<void> EffectRunner::settle() {
  const auto open = store_.effects_in(EffectState::intended);
  if (!open) return fail(open.error());
  for (const EffectRecord& effect : *open) {
    Effect* performer = find(effect.what.verb);
    if (performer == nullptr) {
      finish(effect, {fail(ErrorCode::not_found, {"effect " + effect.what.verb}), {}});
      continue;
    }
    const auto found = performer->probe(effect);
    if (!found) return fail(found.error());
    if (*found == Effect::Found::done)
      finish(effect, {{}, {}});
    else
      perform(effect);
  }
  return {};
}

Expected<std::vector<EffectIntent>> EffectRunner::inverses(uint64_t change) {
  const auto effects = store_.effects_of(change);
  if (!effects) return fail(effects.error());
  std::vector<EffectIntent> out;
  for (auto effect = effects->rbegin(); effect != effects->rend(); ++effect) {
    if (effect->state == EffectState::failed) continue;
    const std::string object = effect->what.verb + " " + effect->what.object;
    // Still under way: nobody knows yet what there is to take back.
    if (effect->state == EffectState::intended) return fail(ErrorCode::busy, {object});
    const Effect* performer = find(effect->what.verb);
    auto inverse = performer == nullptr ? std::nullopt : performer->inverse(*effect);
    if (!inverse) return fail(ErrorCode::irreversible, {object});
    out.push_back(std::move(*inverse));
  }
  return out;
}

}  // namespace postern::change
