#include "service/admin/policy_builder.h"

#include <charconv>

#include "base/json.h"

namespace postern::service {
namespace {

constexpr const char* kNoHost = "localhost";

uint64_t number_in(const std::string& text) {
  uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

/// A number of a parsed document: its kind has checked that it is there and in range.
template <class Integer>
void take(const Json& document, const char* field, Integer& out) {
  out = document.at(field).get<Integer>();
}
void take(const Json& document, const char* field, Seconds& out) {
  out = Seconds(document.at(field).get<int64_t>());
}

}  // namespace

Secret bundle_secret(const crypto::CertificateBundle& bundle) {
  Json json{{"chain", bundle.chain_pem}, {"key", std::string(bundle.key_pem.reveal())}};
  Secret out(dump_json(json));
  wipe(json["key"].get_ref<std::string&>());
  return out;
}

Expected<crypto::CertificateBundle> bundle_of(const Secret& secret) {
  auto json = parse_json(secret.reveal());
  if (!json || !json->is_object() || !json->contains("chain") || !json->contains("key"))
    return fail(ErrorCode::key_wrong, {"certificate"});
  crypto::CertificateBundle out;
  out.chain_pem = json->at("chain").get<std::string>();
  auto& key = json->at("key").get_ref<std::string&>();
  out.key_pem = Secret(key);
  wipe(key);
  return out;
}

PolicyBuilder::PolicyBuilder(OpenSecret open_secret) : open_secret_(std::move(open_secret)) {
  auto begin = std::make_shared<Policy>();
  begin->directory = std::make_shared<const identity::Directory>();
  begin->smtp = std::make_shared<const smtp::Limits>();
  begin->pop3 = std::make_shared<const pop3::Limits>();
  begin->lenient = std::make_shared<const std::vector<Network>>();
  begin->host_name = std::make_shared<const std::string>(kNoHost);
  current_ = std::move(begin);
}

Policy& PolicyBuilder::next() {
  if (!next_) next_ = std::make_shared<Policy>(*current_);
  return *next_;
}

Expected<void> PolicyBuilder::user(const change::Compiled& document) {
  next();
  const uint64_t id = number_in(document.name.id);
  if (document.document == nullptr) {
    edits_.accounts.emplace_back(id, std::nullopt);
    return {};
  }
  const Json& body = *document.document;
  identity::Account account;
  account.id = id;
  account.address = body.at("address").get<std::string>();
  account.aliases = body.at("aliases").get<std::vector<std::string>>();
  account.disabled = body.at("disabled").get<bool>();
  account.quota = body.at("quota").get<uint64_t>();
  account.level = body.at("level").get<std::string>();
  account.version = document.version;
  account.password.id = body.at("password").get<std::string>();
  if (!account.password.id.empty()) {
    const auto secret = open_secret_(account.password.id);
    if (!secret) return fail(secret.error());
    account.password.encoded = secret->reveal();
  }
  edits_.accounts.emplace_back(id, std::move(account));
  return {};
}

Expected<void> PolicyBuilder::domain(const change::Compiled& document) {
  next();
  edits_.domains.emplace_back(document.name.id, document.document != nullptr);
  return {};
}

Expected<void> PolicyBuilder::administrator(const change::Compiled& document) {
  next();
  if (document.document == nullptr) {
    edits_.administrators.emplace_back(document.name.id, std::nullopt);
    return {};
  }
  const Json& body = *document.document;
  identity::Administrator one;
  one.name = document.name.id;
  one.os_user = body.at("os_user").get<std::string>();
  one.mailbox = number_in(body.at("mailbox").get<std::string>());
  one.created = parse_rfc3339(body.at("created").get<std::string>()).value_or(0);
  static_cast<void>(api::role_from_name(body.at("role").get<std::string>(), one.role));
  edits_.administrators.emplace_back(one.name, one);
  return {};
}

Expected<void> PolicyBuilder::smtp_limits(const change::Compiled& document) {
  if (document.document == nullptr) return {};
  smtp::Limits limits = *next().smtp;
  const Json& body = *document.document;
  take(body, "message_size", limits.message_size);
  take(body, "recipients", limits.recipients);
  take(body, "errors", limits.errors);
  take(body, "command_line", limits.command_line);
  take(body, "auth_line", limits.auth_line);
  take(body, "text_line", limits.text_line);
  take(body, "messages", limits.messages);
  take(body, "logins", limits.logins);
  next().smtp = std::make_shared<const smtp::Limits>(limits);
  return {};
}

Expected<void> PolicyBuilder::smtp_timeouts(const change::Compiled& document) {
  if (document.document == nullptr) return {};
  smtp::Limits limits = *next().smtp;
  const Json& body = *document.document;
  take(body, "greeting", limits.greeting);
  take(body, "command", limits.command);
  take(body, "data_block", limits.data_block);
  take(body, "data_end", limits.data_end);
  next().smtp = std::make_shared<const smtp::Limits>(limits);
  return {};
}

Expected<void> PolicyBuilder::smtp_lenient(const change::Compiled& document) {
  if (document.document == nullptr) return {};
  std::vector<Network> networks;
  for (const Json& text : document.document->at("networks"))
    if (const auto network = Network::parse(text.get_ref<const std::string&>())) networks.push_back(*network);
  next().lenient = std::make_shared<const std::vector<Network>>(std::move(networks));
  return {};
}

Expected<void> PolicyBuilder::pop3_limits(const change::Compiled& document) {
  if (document.document == nullptr) return {};
  const Json& body = *document.document;
  pop3::Limits limits;
  take(body, "command_line", limits.command_line);
  take(body, "auth_line", limits.auth_line);
  take(body, "errors", limits.errors);
  take(body, "logins", limits.logins);
  take(body, "authorization", limits.authorization);
  take(body, "transaction", limits.transaction);
  const auto& downgrade = body.at("downgrade").get_ref<const std::string&>();
  limits.downgrade = downgrade == "never"    ? pop3::Downgrade::never
                     : downgrade == "always" ? pop3::Downgrade::always
                                             : pop3::Downgrade::structured;
  next().pop3 = std::make_shared<const pop3::Limits>(limits);
  return {};
}

Expected<void> PolicyBuilder::listener(const change::Compiled& document) {
  if (document.document == nullptr) return {};
  const Json& body = *document.document;
  next().host_name = std::make_shared<const std::string>(body.at("host_name").get<std::string>());
  next().smtp_listener = Endpoint::parse(body.at("smtp").get_ref<const std::string&>()).value_or(Endpoint());
  next().pop3_listener = Endpoint::parse(body.at("pop3").get_ref<const std::string&>()).value_or(Endpoint());
  return {};
}

Expected<void> PolicyBuilder::tls(const change::Compiled& document) {
  if (document.document == nullptr) return {};
  const Json& body = *document.document;
  const auto secret = open_secret_(body.at("certificate").get<std::string>());
  if (!secret) return fail(secret.error());
  const auto bundle = bundle_of(*secret);
  if (!bundle) return fail(bundle.error());
  auto context = crypto::TlsContext::server(*bundle, body.at("only_tls13").get<bool>());
  if (!context) return fail(context.error());
  const auto info = crypto::describe_certificate(bundle->chain_pem);
  if (!info) return fail(info.error());
  next().tls = std::move(*context);
  next().certificate_pem = bundle->chain_pem;
  next().certificate_until = info->not_after;
  next().own_authority = body.at("source").get_ref<const std::string&>() == "own";
  return {};
}

Expected<void> PolicyBuilder::seal(uint64_t change) {
  if (!next_) return {};
  next_->version = change;
  if (edits_.empty()) return {};
  auto directory = next_->directory->edit(edits_);
  if (!directory) return fail(directory.error());
  next_->directory = std::move(*directory);
  return {};
}

void PolicyBuilder::accept() {
  if (next_) current_ = std::move(next_);
  drop();
}

void PolicyBuilder::drop() {
  next_.reset();
  edits_ = {};
}

}  // namespace postern::service
