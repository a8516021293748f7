// What a new folder begins with.
#include <filesystem>

#include "base/text.h"
#include "protocol/mime/address.h"
#include "service/admin/parts.h"

namespace postern::service {
namespace {

constexpr uint32_t kFirstKey = 1;
constexpr uint64_t kFirstAccount = 1;
constexpr const char* kAsciiExpected = "its ASCII form, xn--..., is expected";
constexpr const char* kAuthorityName = "Postern CA of ";
const api::Caller kInit{"owner", api::Role::owner, "process"};

/// Takes away what creation has made, unless it is kept.
class Remains {
 public:
  explicit Remains(std::string folder) : folder_(std::move(folder)) {}
  ~Remains() {
    if (kept_) return;
    std::error_code ignored;
    const std::string database = folder_ + "/" + store::kStateFile;
    for (const std::string& path :
         {database, database + "-wal", database + "-shm", folder_ + "/" + store::kAuditHeadFile,
          folder_ + "/" + store::kAuditHeadFile + ".new"})
      std::filesystem::remove(path, ignored);
  }
  void keep() { kept_ = true; }

 private:
  const std::string folder_;
  bool kept_ = false;
};

std::string host_of(const Beginning& beginning) {
  return beginning.host_name.empty() ? beginning.domain : beginning.host_name;
}

/// The host's name stands in the greeting and in the certificate, which take ASCII alone: a domain in UTF-8 cannot lend
/// its name, it has to come in A-labels (RFC 5890 section 2.3.2.1).
Expected<void> check_names(const Beginning& beginning) {
  const std::string host = host_of(beginning);
  if (!mime::is_domain(beginning.domain, true)) return fail(ErrorCode::bad_domain, {beginning.domain});
  if (!is_ascii(host)) return fail(ErrorCode::bad_domain, {host, kAsciiExpected});
  if (!mime::is_domain(host, false)) return fail(ErrorCode::bad_domain, {host});
  return {};
}

Expected<void> check(const Beginning& beginning) {
  if (auto good = check_names(beginning); !good) return good;
  const std::string address = beginning.administrator + "@" + beginning.domain;
  const auto mailbox = mime::parse_mailbox(address, true);
  // The name is an id, too: no quotes, no blanks.
  const bool good = mailbox && mailbox->local_part == beginning.administrator &&
                    DocumentName::parse("admin/" + beginning.administrator);
  if (!good) return fail(ErrorCode::bad_address, {address});
  return {};
}

Expected<void> add_certificates(AdminState::Parts& p, const Beginning& beginning, const std::string& host,
                                change::Proposal& proposal) {
  const auto authority = crypto::make_authority(kAuthorityName + beginning.domain, p.clock.wall());
  std::vector<std::string> names{host};
  if (host != beginning.domain && is_ascii(beginning.domain)) names.push_back(beginning.domain);
  const auto leaf = crypto::issue_leaf(authority, names, {}, p.clock.wall());
  if (!leaf) return fail(leaf.error());
  auto ca = p.new_secret(kTlsDocument, "authority", bundle_secret(authority));
  auto certificate = p.new_secret(kTlsDocument, "certificate", bundle_secret(*leaf));
  const Json body{{"source", "own"}, {"authority", ca.id}, {"certificate", certificate.id}};
  proposal.items.emplace_back(kTlsDocument, dump_json(body));
  proposal.secrets.push_back(std::move(ca));
  proposal.secrets.push_back(std::move(certificate));
  return {};
}

/// Domain, administrator, mailbox, listener, certificate, and what holds for mail: one change.
Expected<change::Proposal> first_documents(AdminState::Parts& p, const Beginning& beginning) {
  const std::string now = format_rfc3339(p.clock.wall()), id = std::to_string(kFirstAccount);
  const std::string address = beginning.administrator + "@" + beginning.domain;
  const std::string host = host_of(beginning);
  change::Proposal proposal;
  proposal.action = "folder.create";
  proposal.numbers[kAccountNumber] = kFirstAccount;
  proposal.undo = change::Undo::irreversible;
  Json user{{"address", address}, {"created", now}};
  if (!beginning.password.empty()) {
    identity::Weakness unsaid{};  // the first password may be changed at leisure
    auto secret = p.password_secret(beginning.password, id, address, unsaid);
    if (!secret) return fail(secret.error());
    user["password"] = secret->id;
    proposal.secrets.push_back(std::move(*secret));
  }
  const Json admin{{"mailbox", id}, {"role", "owner"}, {"created", now}};
  proposal.items.emplace_back(DocumentName{kDomainKind, beginning.domain}, dump_json(Json{{"created", now}}));
  proposal.items.emplace_back(DocumentName{kUserKind, id}, dump_json(user));
  proposal.items.emplace_back(DocumentName{kAdminKind, beginning.administrator}, dump_json(admin));
  proposal.items.emplace_back(kListenerDocument, dump_json(Json{{"host_name", host}}));
  for (const change::DocumentKind& kind : p.kinds.all())
    if (!kind.fallback.empty()) proposal.items.emplace_back(DocumentName{kind.name, kind.only_id}, kind.fallback);
  if (auto added = add_certificates(p, beginning, host, proposal); !added) return fail(added.error());
  return proposal;
}

Expected<void> begin(AdminState::Parts& p, const Beginning& beginning) {
  Expected<void> done = p.open_store(true);
  if (done) done = p.make_data_key(kFirstKey);
  if (done) done = p.open_keys();
  if (!done) return done;
  {
    audit::Transaction transaction(*p.store);
    done = transaction.opened();
    if (done) done = p.make_signing_key();
    if (done) done = transaction.commit();
  }
  if (done) done = p.open_trail();
  if (done) done = p.open_engine("");
  if (!done) return done;
  auto proposal = first_documents(p, beginning);
  if (!proposal) return fail(proposal.error());
  if (auto applied = p.apply(kInit, "init", std::move(*proposal)); !applied) return fail(applied.error());
  return p.trail->sign(*p.signing_key);
}

}  // namespace

Expected<void> AdminState::create(const std::string& folder, const crypto::AeadKey& kek, const Clock& clock,
                                  Beginning beginning) {
  if (auto good = check(beginning); !good) return good;
  beginning.domain = to_lower(beginning.domain);
  std::error_code error;
  const std::string database = folder + "/" + store::kStateFile;
  if (std::filesystem::exists(database, error)) return fail(ErrorCode::folder_not_empty, {folder});
  Remains remains(folder);
  // Closed before what remains is taken away.
  const auto done = [&] {
    Parts parts(folder, kek, clock);
    return begin(parts, beginning);
  }();
  if (done) remains.keep();
  return done;
}

}  // namespace postern::service
