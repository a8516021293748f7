// A change engine over a state.db of its own, with kinds of documents made for tests.
#pragma once

#include <map>

#include "base/json.h"
#include "response/change/engine.h"
#include "response/change/schema.h"
#include "support/state_folder.h"

namespace postern::test {

/// Notes what was compiled; refuses a change in which a document says so.
class Stage final : public change::PolicyStage {
 public:
  Expected<void> compile(const change::Compiled& document) {
    next[document.name.to_string()] = document.document == nullptr ? Json() : *document.document;
    return {};
  }
  Expected<void> seal(uint64_t) override {
    for (const auto& [name, body] : next)
      if (body.is_object() && body.value("text", "") == "refused") return fail(ErrorCode::bad_input, {name, "refused"});
    return {};
  }
  void accept() override {
    for (const auto& [name, body] : next) {
      if (body.is_null())
        in_force.erase(name);
      else
        in_force[name] = body;
    }
    next.clear();
    ++accepted;
  }
  void drop() override { next.clear(); }

  std::map<std::string, Json> next, in_force;
  int accepted = 0;
};

struct EngineFolder : StateFolder {
  Stage stage;
  change::DocumentKinds kinds;
  std::unique_ptr<change::EffectRunner> effects;
  std::unique_ptr<change::ChangeEngine> engine;
  std::string boot = "boot-1";
  change::Author author{"alice", "socket", "test"};

  EngineFolder() {
    const auto add = [this](change::DocumentKind kind) {
      kind.compile = [this](const change::Compiled& document) { return stage.compile(document); };
      kinds.add(std::move(kind));
    };
    // "thing/ID" {text, count, tags, key}; "only/one" {size}.
    add(change::make_kind("thing", "",
                          {change::text_or("text", ""), change::number("count", 0, 0, 1000), change::texts("tags"),
                           change::secret_id("key")}));
    add(change::make_kind("only", "one", {change::number("size", 5, 1, 10)}));
  }

  bool start() {
    engine.reset();
    effects.reset();
    if (!StateFolder::open()) return false;
    stage.in_force.clear();
    stage.next.clear();
    effects = std::make_unique<change::EffectRunner>(*store, *log, clock);
    engine = std::make_unique<change::ChangeEngine>(*store, *log, kinds, stage, *effects, clock, boot);
    return engine->open().has_value();
  }
  void stop() {
    engine.reset();
    effects.reset();
    close();
  }

  /// JSON wanted; "" = taken away.
  change::Proposal proposal(const std::vector<std::pair<std::string, std::string>>& wanted) const {
    change::Proposal out;
    out.author = author;
    out.action = "test";
    for (const auto& [name, json] : wanted)
      out.items.emplace_back(*change::DocumentName::parse(name), json.empty() ? std::nullopt : std::optional(json));
    return out;
  }
  Expected<change::Applied> apply(const std::vector<std::pair<std::string, std::string>>& wanted,
                                  std::optional<Seconds> confirm_within = std::nullopt) {
    auto what = proposal(wanted);
    what.confirm_within = confirm_within;
    return engine->apply(std::move(what));
  }
  Json body(const std::string& name) {
    const auto document = store->document(*change::DocumentName::parse(name));
    return document && *document && (*document)->body ? Json::parse(*(*document)->body) : Json();
  }
  change::State state_of(uint64_t id) { return (**store->change(id)).state; }

  /// Everything that stands, by name.
  std::map<std::string, std::string> everything() {
    std::map<std::string, std::string> out;
    const auto all = store->documents("", "", 1'000'000, false);
    for (const auto& document : *all) out[document.name.to_string()] = *document.body;
    return out;
  }
};

}  // namespace postern::test
