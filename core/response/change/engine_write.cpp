// One transaction: documents, secrets, journal, intents, audit entry.
#include <algorithm>

#include "base/json.h"
#include "crypto/digest.h"
#include "response/change/writing.h"

namespace postern::change {
namespace {

constexpr size_t kAuditPatches = 256 * 1024;  // octets of patches in an audit payload

Json parsed(const std::optional<std::string>& text) {
  return text ? Json::parse(*text, nullptr, false) : Json();
}

/// The secrets a document names.
std::vector<std::string> secrets_in(const DocumentKind& kind, const std::optional<std::string>& body) {
  std::vector<std::string> out;
  if (kind.secret_fields.empty() || !body) return out;
  const Json document = parsed(body);
  for (const std::string& field : kind.secret_fields) {
    const auto found = document.find(field);
    out.push_back(found != document.end() && found->is_string() ? found->get<std::string>() : std::string());
  }
  return out;
}

}  // namespace

std::string items_digest(const std::vector<Item>& items) {
  crypto::Sha256 hash;
  for (const Item& item : items) {
    const Json whole = {item.name.to_string(), parsed(item.before), parsed(item.after)};
    hash.update(as_bytes(canonical_json(whole)));
  }
  return hex(hash.finish());
}

std::string patches_of(const DocumentKinds& kinds, const std::vector<Item>& items, size_t size_limit) {
  std::string out = "[";
  size_t left_out = 0;
  for (const Item& item : items) {
    const DocumentKind* kind = kinds.find(item.name);
    if (kind == nullptr || out.size() > size_limit) {
      ++left_out;
      continue;
    }
    const Json before = parsed(item.before), after = parsed(item.after);
    const Json patch{{"document", item.name.to_string()},
                     {"patch", kind->diff(before, after)},
                     {"inverse", kind->diff(after, before)}};
    std::string text = canonical_json(patch);
    if (out.size() + text.size() > size_limit) {
      ++left_out;
      continue;
    }
    out += (out.size() > 1 ? "," : "") + text;
  }
  if (left_out > 0) out += (out.size() > 1 ? "," : "") + canonical_json(Json{{"left_out", left_out}});
  return out + "]";
}

Expected<Applied> ChangeEngine::write(Writing& writing) {
  writing.change.time = clock_.wall();
  writing.change.summary =
      writing.change.items.empty() ? summary_of(writing.intents) : summary_of(writing.change.items);
  audit::Transaction transaction(store_);
  if (!transaction.opened()) return fail(transaction.opened().error());
  auto written = write_all(writing);
  if (written) {
    effects_.at(Edge::before_intent);
    written = transaction.commit();
  }
  if (!written) {
    roll_back();
    return fail(written.error());
  }
  effects_.at(Edge::after_intent);
  return finish(writing);
}

/// The transaction is rolled back by its own end; what was staged in memory is dropped here.
void ChangeEngine::roll_back() {
  stage_.drop();
  store_.rollback();
  static_cast<void>(audit_.load());
}

Expected<Applied> ChangeEngine::finish(Writing& writing) {
  stage_.accept();
  ChangeSet& change = writing.change;
  const Applied applied{change.id, true,
                        change.deadline ? std::optional<WallTime>(change.deadline->wall) : std::nullopt};
  if (writing.taken_back) pending_.erase(writing.taken_back->id);
  if (change.state == State::pending_confirm) pending_[change.id] = pend(change);
  if (moved_ && writing.taken_back) moved_(*writing.taken_back);
  if (moved_) moved_(change);
  effects_.run(writing.effects);
  return applied;
}

Expected<void> ChangeEngine::write_all(Writing& writing) {
  const auto id = store_.add_change(writing.change);
  if (!id) return fail(id.error());
  writing.change.id = *id;
  for (const auto& [name, value] : writing.numbers)
    if (auto set = store_.set_number(name, value); !set) return set;
  for (const NewSecret& secret : writing.secrets)
    if (auto put = store_.put_secret(secret, writing.change.time); !put) return put;
  if (auto done = write_documents(writing); !done) return done;
  if (writing.taken_back) {
    writing.taken_back->state = State::reverted;
    writing.taken_back->undone_by = *id;
    if (auto moved = store_.move_change(*writing.taken_back); !moved) return moved;
  }
  auto effects = effects_.intend(*id, writing.intents);
  if (!effects) return fail(effects.error());
  writing.effects = std::move(*effects);
  return write_audit(writing);
}

Expected<void> ChangeEngine::write_documents(Writing& writing) {
  for (const Item& item : writing.change.items) {
    auto put = store_.put_document({item.name, item.after, writing.change.id, writing.change.time});
    if (put) put = write_secrets(writing, item);
    if (put) put = compile(item, writing.change.id);
    if (!put) return put;
  }
  return stage_.seal(writing.change.id);
}

/// A secret that is named has to be there and to belong here; one that no longer is, retires.
Expected<void> ChangeEngine::write_secrets(const Writing& writing, const Item& item) {
  const DocumentKind* kind = kinds_.find(item.name);
  if (kind == nullptr) return {};
  const auto before = secrets_in(*kind, item.before), after = secrets_in(*kind, item.after);
  for (size_t i = 0; i < after.size(); ++i) {
    if (after[i].empty()) continue;
    const auto info = store_.secret_info(after[i]);
    if (!info) return fail(info.error());
    const bool ours = *info && (*info)->owner == item.name && (*info)->field == kind->secret_fields[i];
    if (!ours) return fail(ErrorCode::not_found, {"secret " + after[i]});
    if ((*info)->retired)
      if (auto back = store_.retire_secret(after[i], std::nullopt); !back) return back;
  }
  for (const std::string& id : before) {
    if (id.empty() || std::find(after.begin(), after.end(), id) != after.end()) continue;
    if (auto retired = store_.retire_secret(id, writing.change.time); !retired) return retired;
  }
  return {};
}

Expected<void> ChangeEngine::compile(const Item& item, uint64_t version) {
  const DocumentKind* kind = kinds_.find(item.name);
  if (kind == nullptr || !kind->compile) return {};
  if (!item.after && kind->fallback.empty()) return kind->compile({item.name, nullptr, version});
  // What an older version wrote is completed by the defaults of this one.
  const Json stored = parsed(item.after ? *item.after : kind->fallback);
  const auto document = kind->parse(stored);
  if (!document) return fail(document.error());
  return kind->compile({item.name, &*document, version});
}

Expected<void> ChangeEngine::write_audit(const Writing& writing) {
  const ChangeSet& change = writing.change;
  Json payload{{"change", std::to_string(change.id)},
               {"reason", change.reason},
               {"items", change.items.size()},
               {"items_sha256", items_digest(change.items)},
               {"patches", Json::parse(patches_of(kinds_, change.items, kAuditPatches))}};
  if (change.deadline) payload["deadline"] = format_rfc3339(change.deadline->wall);
  if (change.undoes != 0) payload["undoes"] = std::to_string(change.undoes);
  for (const EffectRecord& effect : writing.effects)
    payload["effects"].push_back({{"id", effect.id}, {"verb", effect.what.verb}, {"object", effect.what.object}});
  const auto seq = audit_.append({change.actor, change.via, change.action, object_of(change), canonical_json(payload)});
  if (!seq) return fail(seq.error());
  return {};
}

}  // namespace postern::change
