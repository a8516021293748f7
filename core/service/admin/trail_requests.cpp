// audit list, show, verify.
#include "service/admin/parts.h"

namespace postern::service {
namespace {

constexpr size_t kRowOctets = 260;  // of a row's JSON beside its texts

api::AuditRow entry_row(const audit::Entry& entry) {
  return {
      std::to_string(entry.seq), format_rfc3339(entry.time, true), entry.actor, entry.via, entry.action, entry.object,
      hex(entry.commitment)};
}

}  // namespace

api::Reply AdminState::Parts::audit_list(const api::AuditList& request) {
  const auto from = request.cursor.empty() ? std::optional<uint64_t>(UINT64_MAX) : parse_id(request.cursor);
  if (!from) return Error{ErrorCode::bad_input, {"cursor", request.cursor}};
  api::AuditReply reply;
  PageBudget budget(request.limit);
  auto read = store->read_entries(*from, true, false, [&](const audit::StoredEntry& stored) {
    const audit::Entry& entry = stored.entry;
    const size_t octets = kRowOctets + entry.actor.size() + entry.action.size() + entry.object.size();
    if (!budget.take(octets)) {
      reply.next = std::to_string(entry.seq);
      return false;
    }
    reply.entries.push_back(entry_row(entry));
    return true;
  });
  if (!read) return read.error();
  return reply;
}

api::Reply AdminState::Parts::audit_show(const api::AuditShow& request) {
  const auto seq = parse_id(request.seq);
  std::optional<api::AuditEntryReply> reply;
  Expected<void> read;
  if (seq)
    read = store->read_entries(*seq, false, true, [&](const audit::StoredEntry& stored) {
      if (stored.entry.seq != *seq) return false;
      const api::AuditRow row = entry_row(stored.entry);
      reply = api::AuditEntryReply{row.seq,    row.time,       row.actor,         row.via,     row.action,
                                   row.object, row.commitment, hex(stored.chain), std::nullopt};
      if (stored.payload) {
        const std::string text = to_string(stored.payload->text);
        reply->payload = api::JsonText{parse_json(text, audit::kPayloadLimit) ? text : dump_json(Json(text))};
      }
      return false;
    });
  if (!read) return read.error();
  if (!reply) return Error{ErrorCode::not_found, {"audit entry " + request.seq}};
  return *reply;
}

api::Reply AdminState::Parts::audit_verify() {
  audit::VerifyOptions options;
  options.keys = trusted;
  options.mac_key = &frontier_key;
  auto verdict = audit::verify(*store, options);
  if (!verdict) return verdict.error();
  if (auto held = hold_journal_against(*verdict); !held) return held.error();
  if (!verdict->ok()) audit_damaged = true;
  api::AuditVerifyReply reply;
  reply.ok = verdict->ok();
  reply.entries = verdict->entries;
  if (verdict->first)
    reply.first_bad = api::FirstBad{std::to_string(verdict->first->seq), audit::damage_name(verdict->first->kind)};
  return reply;
}

}  // namespace postern::service
