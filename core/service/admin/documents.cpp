// document list, get, set.
#include <algorithm>

#include "base/text.h"
#include "service/admin/parts.h"

namespace postern::service {
namespace {

constexpr size_t kRowOctets = 160;  // of a row's JSON beside its id

/// The object that holds the last part of a path with dots, and that part; null when an inner part is no object.
Json* parent_of(Json& body, const std::string& path, std::string& last) {
  Json* at = &body;
  const auto parts = split(path, '.');
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::string part(parts[i]);
    if (!at->is_object() || !at->contains(part)) return nullptr;
    at = &(*at)[part];
  }
  last = parts.back();
  return at->is_object() ? at : nullptr;
}

constexpr const char* kCreatedField = "created";
constexpr const char* kNoSuchUser = "there is no such user; \"postern user add\" makes one";

bool tells_when_made(const std::string& kind) {
  return kind == kDomainKind || kind == kAdminKind;
}

/// A new document says when it was made; what is no object is left to its kind to refuse.
std::string with_time(const std::string& text, WallTime now) {
  auto body = parse_json(text, change::kDocumentLimit);
  if (!body || !body->is_object() || body->contains(kCreatedField)) return text;
  (*body)[kCreatedField] = format_rfc3339(now);
  return dump_json(*body);
}

std::string action_of(const DocumentName& name) {
  return name.kind + ".set";
}

api::DocumentRow document_row(const change::StoredDocument& document) {
  return {document.name.to_string(), document.version, format_rfc3339(document.changed),
          std::to_string(document.version)};
}

}  // namespace

Expected<Json> AdminState::Parts::body_of(const DocumentName& name) {
  const change::DocumentKind* kind = kinds.find(name);
  if (kind == nullptr) return fail(ErrorCode::not_found, {"document " + name.to_string()});
  const auto stored = store->document(name);
  if (!stored) return fail(stored.error());
  const bool there = *stored && (*stored)->body;
  if (!there && kind->fallback.empty()) return fail(ErrorCode::not_found, {"document " + name.to_string()});
  auto body = parse_json(there ? *(*stored)->body : kind->fallback);
  if (!body) return body;
  return kind->parse(*body);
}

api::Reply AdminState::Parts::document_get(const api::DocumentGet& request) {
  const auto name = DocumentName::parse(request.id);
  if (!name) return Error{ErrorCode::not_found, {"document " + request.id}};
  const auto body = body_of(*name);
  if (!body) return body.error();
  return api::DocumentReply{api::JsonText{canonical_json(*body)}};
}

api::Reply AdminState::Parts::document_list(const api::DocumentList& request) {
  if (!request.kind.empty() && !kinds.has_kind(request.kind))
    return Error{ErrorCode::not_found, {"kind of documents " + request.kind}};
  if (!request.cursor.empty() && !DocumentName::parse(request.cursor))
    return Error{ErrorCode::bad_input, {"cursor", request.cursor}};
  const auto stored = store->documents(request.kind, request.cursor, kPageRows + 1, false);
  if (!stored) return stored.error();
  std::map<DocumentName, api::DocumentRow> rows;
  for (const change::StoredDocument& document : *stored) rows.emplace(document.name, document_row(document));
  // What holds without a document is listed, too, in its place.
  const auto after = DocumentName::parse(request.cursor);
  for (const change::DocumentKind& kind : kinds.all()) {
    const DocumentName name{kind.name, kind.only_id};
    if (kind.fallback.empty() || (!request.kind.empty() && request.kind != kind.name) || (after && name <= *after))
      continue;
    const bool beyond = stored->size() > kPageRows && stored->back().name < name;
    if (!beyond) rows.emplace(name, api::DocumentRow{name.to_string(), 0, "", ""});
  }
  api::DocumentsReply reply;
  PageBudget budget(request.limit);
  for (auto& [name, row] : rows) {
    if (!budget.take(row.id.size() + kRowOctets)) {
      reply.next = reply.documents.back().id;
      break;
    }
    reply.documents.push_back(std::move(row));
  }
  return reply;
}

Expected<Json> AdminState::Parts::with_fields(const DocumentName& name, const std::vector<api::FieldValue>& fields) {
  const change::DocumentKind* kind = kinds.find(name);
  if (kind == nullptr) return fail(ErrorCode::not_found, {"document " + name.to_string()});
  auto body = body_of(name);
  if (!body && body.error().code != ErrorCode::not_found) return body;
  Json out = body ? std::move(*body) : Json::object();
  for (const api::FieldValue& field : fields) {
    const auto value = parse_json(field.value.text, change::kDocumentLimit);
    if (!value) return fail(ErrorCode::bad_input, {field.field, "a JSON value is expected"});
    std::string last;
    Json* parent = parent_of(out, field.field, last);
    if (parent == nullptr || last.empty()) return fail(ErrorCode::bad_input, {field.field, "there is no such field"});
    if (value->is_null())
      parent->erase(last);
    else
      (*parent)[last] = kind->coerce(field.field, *value);
  }
  return out;
}

api::Reply AdminState::Parts::document_set(const api::Caller& caller, const api::DocumentSet& request) {
  const auto name = DocumentName::parse(request.id);
  if (!name) return Error{ErrorCode::not_found, {"document " + request.id}};
  change::Proposal proposal;
  proposal.action = action_of(*name);
  std::optional<std::string> wanted;
  if (request.document) {
    // null takes the document away.
    if (trim(request.document->text) != "null") wanted = request.document->text;
  } else {
    const auto body = with_fields(*name, request.fields);
    if (!body) return body.error();
    wanted = dump_json(*body);
  }
  if (wanted) {
    const auto stored = store->document(*name);
    if (!stored) return stored.error();
    const bool there = *stored && (*stored)->body;
    // Whoever has a user's id has his mail: ids are given out, not chosen, and none twice.
    if (!there && name->kind == kUserKind) return Error{ErrorCode::bad_input, {request.id, kNoSuchUser}};
    if (!there && tells_when_made(name->kind)) wanted = with_time(*wanted, clock.wall());
  }
  proposal.items.emplace_back(*name, std::move(wanted));
  if (request.confirm_within) proposal.confirm_within = Seconds(*request.confirm_within);
  const auto applied = apply(caller, request.reason, std::move(proposal));
  if (!applied) return applied.error();
  api::ChangeMade reply;
  if (applied->id != 0) reply.change = std::to_string(applied->id);
  if (applied->deadline) reply.deadline = format_rfc3339(*applied->deadline);
  return reply;
}

}  // namespace postern::service
