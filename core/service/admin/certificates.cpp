// The certificate in use: import, show, the own authority, renewal.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "service/admin/parts.h"

namespace postern::service {
namespace {

constexpr std::string_view kPemMark = "-----BEGIN ";
constexpr const char* kSource = "given";  // what errors call an imported certificate
constexpr const char* kCertificateField = "certificate";
const api::Caller kSelf{"postern", api::Role::owner, "process"};

Expected<crypto::CertificateBundle> import_bundle(const api::CertificateImport& request, WallTime now) {
  const Secret passphrase(request.passphrase);
  const std::string& given = request.certificate.bytes;
  if (given.find(kPemMark) == std::string::npos && request.key.bytes.empty())
    return crypto::import_pfx(as_bytes(given), passphrase, now, kSource);
  const std::string& key = request.key.bytes.empty() ? given : request.key.bytes;
  return crypto::import_pem(given, key, passphrase, now, kSource);
}

/// Clients hold the name they asked for against the alternative names alone, never against the subject (RFC 9525
/// section 2): a certificate without any would be refused by all of them.
Expected<void> check_names(const crypto::CertificateBundle& bundle) {
  const auto info = crypto::describe_certificate(bundle.chain_pem);
  if (!info) return fail(info.error());
  const bool none = std::all_of(info->names.begin(), info->names.end(), [](const auto& name) { return name.empty(); });
  if (none) return fail(ErrorCode::certificate_broken, {kSource, "it names no host (subjectAltName)"});
  return {};
}

}  // namespace

api::Reply AdminState::Parts::certificate_import(const api::Caller& caller, const api::CertificateImport& request) {
  const auto bundle = import_bundle(request, clock.wall());
  if (!bundle) return bundle.error();
  if (const auto named = check_names(*bundle); !named) return named.error();
  auto body = body_of(kTlsDocument);
  if (!body) return body.error();
  change::Proposal proposal;
  proposal.action = "certificate.import";
  proposal.undo = change::Undo::effect;
  auto secret = new_secret(kTlsDocument, kCertificateField, bundle_secret(*bundle));
  (*body)["source"] = "imported";
  (*body)[kCertificateField] = secret.id;
  proposal.secrets.push_back(std::move(secret));
  proposal.items.emplace_back(kTlsDocument, dump_json(*body));
  const auto applied = apply(caller, request.reason, std::move(proposal));
  if (!applied) return applied.error();
  return certificate_show(std::to_string(applied->id));
}

api::Reply AdminState::Parts::certificate_show(const std::optional<std::string>& change) {
  const auto policy = builder.policy();
  if (policy->certificate_pem.empty()) return Error{ErrorCode::not_found, {"certificate"}};
  const auto info = crypto::describe_certificate(policy->certificate_pem);
  if (!info) return info.error();
  api::CertificateReply reply;
  reply.subject = info->subject;
  reply.issuer = info->issuer;
  reply.names = info->names;
  reply.from = format_rfc3339(info->not_before);
  reply.until = format_rfc3339(info->not_after);
  reply.serial = info->serial;
  reply.sha256 = info->sha256;
  reply.own_authority = policy->own_authority;
  reply.change = change;
  return reply;
}

api::Reply AdminState::Parts::certificate_authority() {
  const auto body = body_of(kTlsDocument);
  if (!body) return body.error();
  const auto& id = body->at("authority").get_ref<const std::string&>();
  if (id.empty()) return Error{ErrorCode::not_found, {"own authority"}};
  const auto secret = store->open_secret(id);
  if (!secret) return secret.error();
  const auto bundle = bundle_of(*secret);
  if (!bundle) return bundle.error();
  return api::AuthorityReply{bundle->chain_pem};
}

/// The host's name, then our domains; names in UTF-8 cannot stand in a certificate.
std::vector<std::string> AdminState::Parts::certificate_names() const {
  const auto policy = builder.policy();
  std::vector<std::string> names{to_lower(*policy->host_name)};
  for (const std::string& domain : policy->directory->domains())
    if (is_ascii(domain) && domain != names.front()) names.push_back(domain);
  return names;
}

Expected<void> AdminState::Parts::renew_certificate() {
  const auto policy = builder.policy();
  if (!policy->own_authority) return {};
  const auto info = crypto::describe_certificate(policy->certificate_pem);
  if (!info) return fail(info.error());
  auto wanted = certificate_names(), present = info->names;
  std::sort(wanted.begin(), wanted.end());
  std::sort(present.begin(), present.end());
  const bool ends_soon = clock.wall() > info->not_after - kRenewDays * kMicrosPerDay;
  if (!ends_soon && wanted == present) return {};
  auto body = body_of(kTlsDocument);
  if (!body) return fail(body.error());
  const auto authority_secret = store->open_secret(body->at("authority").get<std::string>());
  if (!authority_secret) return fail(authority_secret.error());
  const auto authority = bundle_of(*authority_secret);
  if (!authority) return fail(authority.error());
  const auto leaf = crypto::issue_leaf(*authority, certificate_names(), {}, clock.wall());
  if (!leaf) return fail(leaf.error());
  change::Proposal proposal;
  proposal.action = "certificate.renew";
  auto secret = new_secret(kTlsDocument, kCertificateField, bundle_secret(*leaf));
  (*body)[kCertificateField] = secret.id;
  proposal.secrets.push_back(std::move(secret));
  proposal.items.emplace_back(kTlsDocument, dump_json(*body));
  const auto applied = apply(kSelf, ends_soon ? "it ends soon" : "its names changed", std::move(proposal));
  if (applied) return {};
  // While somebody's change of tls/default waits for its confirmation, the next look will do.
  if (applied.error().code == ErrorCode::pending) return {};
  return fail(applied.error());
}

}  // namespace postern::service
