// Documents and secrets in state.db.
#include "adapters/store/state_statements.h"

namespace postern::store {
namespace {

constexpr std::string_view kSecretLabel = "secret";

change::StoredDocument read_document(const Statement& row) {
  change::StoredDocument out;
  out.name = {std::string(row.text(0)), std::string(row.text(1))};
  if (!row.is_null(2)) out.body = std::string(row.text(2));
  out.version = static_cast<uint64_t>(row.integer(3));
  out.changed = row.integer(4);
  return out;
}

change::SecretInfo read_info(const Statement& row) {
  change::SecretInfo out;
  out.id = row.text(0);
  out.owner = {std::string(row.text(1)), std::string(row.text(2))};
  out.field = row.text(3);
  out.created = row.integer(4);
  if (!row.is_null(5)) out.retired = row.integer(5);
  return out;
}

}  // namespace

Expected<std::optional<change::StoredDocument>> StateStore::document(const change::DocumentName& name) {
  std::optional<change::StoredDocument> out;
  auto read = each_row(statements_->document.bind(1, name.kind).bind(2, name.id), [&out](const Statement& row) {
    out = read_document(row);
    return false;
  });
  if (!read) return fail(read.error());
  return out;
}

Expected<std::vector<change::StoredDocument>> StateStore::documents(const std::string& kind, const std::string& after,
                                                                    size_t limit, bool removed) {
  const size_t slash = std::min(after.find('/'), after.size());
  const std::string after_kind = after.substr(0, slash), after_id = after.substr(std::min(slash + 1, after.size()));
  // With a kind, what comes before it in order of name was not read yet, and nothing behind it is asked for.
  if (!kind.empty() && after_kind > kind) return std::vector<change::StoredDocument>();
  Statement& rows = kind.empty() ? statements_->documents : statements_->documents_of;
  const std::string from = kind.empty() || after_kind == kind ? after_id : std::string();
  rows.bind(1, kind.empty() ? after_kind : kind).bind(2, from).bind(3, static_cast<int64_t>(limit));
  rows.bind(4, removed ? 1 : 0);
  std::vector<change::StoredDocument> out;
  auto read = each_row(rows, [&out](const Statement& row) {
    out.push_back(read_document(row));
    return true;
  });
  if (!read) return fail(read.error());
  return out;
}

Expected<void> StateStore::put_document(const change::StoredDocument& document) {
  Statement& put = statements_->put_document;
  put.bind(1, document.name.kind).bind(2, document.name.id).bind(4, document.version).bind(5, document.changed);
  if (document.body) put.bind(3, *document.body);
  return put.run();
}

Expected<void> StateStore::put_secret(const change::NewSecret& secret, WallTime now) {
  const Bytes box = seal(kSecretLabel, secret.id, secret.value.reveal_bytes());
  Statement& put = statements_->put_secret;
  put.bind(1, secret.id).bind(2, secret.owner.kind).bind(3, secret.owner.id).bind(4, secret.field).bind(5, now);
  return put.bind(6, BytesView(box)).run();
}

Expected<std::optional<change::SecretInfo>> StateStore::secret_info(const std::string& id) {
  std::optional<change::SecretInfo> out;
  auto read = each_row(statements_->secret_info.bind(1, id), [&out](const Statement& row) {
    out = read_info(row);
    return false;
  });
  if (!read) return fail(read.error());
  return out;
}

Expected<Secret> StateStore::open_secret(const std::string& id) {
  bool found = false;
  std::optional<Bytes> plain;
  auto read = each_row(statements_->open_secret.bind(1, id), [&](const Statement& row) {
    found = true;
    plain = unseal(kSecretLabel, id, row.blob(0));
    return false;
  });
  if (!read) return fail(read.error());
  if (!found) return fail(ErrorCode::not_found, {"secret " + id});
  if (!plain) return fail(ErrorCode::key_wrong, {"secret " + id});
  Secret out(to_string(*plain));
  wipe(*plain);
  return out;
}

Expected<void> StateStore::retire_secret(const std::string& id, std::optional<WallTime> since) {
  Statement& retire = statements_->retire_secret;
  retire.bind(1, id);
  if (since) retire.bind(2, *since);
  return retire.run();
}

Expected<std::vector<change::SecretInfo>> StateStore::retired_secrets(WallTime before, size_t limit) {
  std::vector<change::SecretInfo> out;
  Statement& rows = statements_->retired.bind(1, before).bind(2, static_cast<int64_t>(limit));
  auto read = each_row(rows, [&out](const Statement& row) {
    out.push_back(read_info(row));
    return true;
  });
  if (!read) return fail(read.error());
  return out;
}

Expected<std::vector<change::SecretInfo>> StateStore::secrets_of(const change::DocumentName& owner) {
  Statement rows(
      database_,
      "SELECT id,kind,owner,field,created,retired FROM secret WHERE kind=?1 AND owner=?2 ORDER BY created DESC");
  std::vector<change::SecretInfo> out;
  auto read = each_row(rows.bind(1, owner.kind).bind(2, owner.id), [&out](const Statement& row) {
    out.push_back(read_info(row));
    return true;
  });
  if (!read) return fail(read.error());
  return out;
}

Expected<void> StateStore::erase_secret(const std::string& id) {
  return statements_->erase_secret.bind(1, id).run();
}

}  // namespace postern::store
