#include "service/admin/kinds.h"

#include <algorithm>

#include "base/ip_address.h"
#include "base/json.h"
#include "base/text.h"
#include "protocol/mime/address.h"
#include "response/change/schema.h"

namespace postern::service {
namespace {

using change::DocumentKind;
using change::Field;

constexpr int64_t kDay = 86'400;                       // seconds
constexpr int64_t kMostOctets = int64_t{1} << 50;      // a quota: a petabyte
constexpr int64_t kSmallestMessage = 64 * 1024;        // octets, RFC 5321 section 4.5.3.1.7
constexpr int64_t kLargestMessage = int64_t{1} << 30;  // octets
constexpr int64_t kLongestLine = int64_t{1} << 20;     // octets
constexpr size_t kAccountDigits = 18;
constexpr size_t kOsUserLimit = 255;

std::string expect(bool good, const char* expected) {
  return good ? "" : expected;
}

std::string check_address(const std::string& text) {
  const auto mailbox = mime::parse_mailbox(text, true);
  return expect(mailbox && mailbox->domain.front() != '[', "a mail address, NAME@DOMAIN,");
}
std::string check_network(const std::string& text) {
  return expect(Network::parse(text).has_value(), "an address or a network, 192.0.2.0/24,");
}
std::string check_endpoint(const std::string& text) {
  return expect(Endpoint::parse(text).has_value(), "an address and a port, 192.0.2.1:25,");
}
std::string check_host(const std::string& text) {
  return expect(mime::is_domain(text, false), "a host name");
}
std::string check_time(const std::string& text) {
  return expect(text.empty() || parse_rfc3339(text), "a time, 2026-11-24T08:30:00Z,");
}
bool is_account_id(const std::string& text) {
  return !text.empty() && text.size() <= kAccountDigits && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), is_digit);
}
std::string check_account(const std::string& text) {
  return expect(is_account_id(text), "the id of a user");
}
// A higher level asks for app passwords or codes: what is not there cannot be asked for.
std::string check_level(const std::string& text) {
  return expect(text == "L0", "L0, the password alone,");
}
std::string check_os_user(const std::string& text) {
  const bool good = text.size() <= kOsUserLimit && std::none_of(text.begin(), text.end(), [](char c) {
                      return static_cast<unsigned char>(c) <= ' ' || c == ':' || c == '/';
                    });
  return expect(good, "the name of a user of the operating system");
}

DocumentKind user_kind() {
  DocumentKind kind = change::make_kind(
      kUserKind, "",
      {change::text("address", check_address), change::texts("aliases", check_address), change::flag("disabled", false),
       change::number("quota", 0, 0, kMostOctets), change::text_or("level", "L0", check_level),
       change::secret_id("password"), change::text_or("created", "", check_time)});
  kind.validate = [](const std::string& id, const Json&) -> Expected<void> {
    if (!is_account_id(id)) return fail(ErrorCode::bad_input, {"user/" + id, "a number is expected"});
    return {};
  };
  return kind;
}

DocumentKind domain_kind() {
  DocumentKind kind =
      change::make_kind(kDomainKind, "", {change::text_or("created", "", check_time), change::text_or("note", "")});
  kind.validate = [](const std::string& id, const Json&) -> Expected<void> {
    if (!mime::is_domain(id, true) || id != to_lower(id)) return fail(ErrorCode::bad_domain, {id});
    return {};
  };
  return kind;
}

DocumentKind admin_kind() {
  return change::make_kind(kAdminKind, "",
                           {change::text("mailbox", check_account), change::text_or("os_user", "", check_os_user),
                            change::choice("role", {"owner", "operator", "auditor"}, "auditor"),
                            change::text_or("created", "", check_time)});
}

DocumentKind smtp_limits_kind() {
  const smtp::Limits d;
  return change::make_kind(
      "smtp", "limits",
      {change::number("message_size", static_cast<int64_t>(d.message_size), kSmallestMessage, kLargestMessage),
       change::number("recipients", d.recipients, 1, 10'000), change::number("errors", d.errors, 1, 1000),
       change::number("command_line", d.command_line, 512, 65'536),
       change::number("auth_line", d.auth_line, 512, kLongestLine),
       change::number("text_line", d.text_line, 1000, kLongestLine),
       change::number("messages", d.messages, 1, 1'000'000), change::number("logins", d.logins, 1, 100)});
}

DocumentKind smtp_timeouts_kind() {
  const smtp::Limits d;
  return change::make_kind(
      "smtp", "timeouts",
      {change::number("greeting", d.greeting.count(), 1, kDay), change::number("command", d.command.count(), 1, kDay),
       change::number("data_block", d.data_block.count(), 1, kDay),
       change::number("data_end", d.data_end.count(), 1, kDay)});
}

DocumentKind smtp_lenient_kind() {
  return change::make_kind("smtp", "lenient_networks", {change::texts("networks", check_network)});
}

DocumentKind pop3_limits_kind() {
  const pop3::Limits d;
  return change::make_kind(
      "pop3", "limits",
      {change::number("command_line", d.command_line, 255, 65'536),
       change::number("auth_line", d.auth_line, 255, kLongestLine), change::number("errors", d.errors, 1, 1000),
       change::number("logins", d.logins, 1, 100), change::number("authorization", d.authorization.count(), 1, kDay),
       change::number("transaction", d.transaction.count(), 1, kDay),
       change::choice("downgrade", {"never", "structured", "always"}, "structured")});
}

DocumentKind listener_kind() {
  DocumentKind kind = change::make_kind(
      kListenerDocument.kind, kListenerDocument.id,
      {change::text_or("smtp", "0.0.0.0:25", check_endpoint), change::text_or("pop3", "0.0.0.0:110", check_endpoint),
       change::text("host_name", check_host)});
  kind.validate = [](const std::string&, const Json& document) -> Expected<void> {
    const auto smtp = Endpoint::parse(document.at("smtp").get_ref<const std::string&>());
    const auto pop3 = Endpoint::parse(document.at("pop3").get_ref<const std::string&>());
    if (smtp && pop3 && collide(*smtp, *pop3))
      return fail(ErrorCode::bad_input, {"pop3", "another port than that of smtp is expected"});
    return {};
  };
  return kind;
}

DocumentKind tls_kind() {
  DocumentKind kind =
      change::make_kind(kTlsDocument.kind, kTlsDocument.id,
                        {change::flag("only_tls13", false), change::choice("source", {"own", "imported"}, "own"),
                         change::secret_id("certificate"), change::secret_id("authority")});
  kind.fallback.clear();  // without a certificate there is nothing to fall back to
  kind.validate = [](const std::string&, const Json& document) -> Expected<void> {
    if (document.at("certificate").get_ref<const std::string&>().empty())
      return fail(ErrorCode::bad_input, {"certificate", "the id of a secret is expected"});
    // An own certificate could never be renewed without; beside an imported one the authority only waits.
    const bool own = document.at("source").get_ref<const std::string&>() == "own";
    if (own && document.at("authority").get_ref<const std::string&>().empty())
      return fail(ErrorCode::bad_input, {"authority", "the id of a secret is expected while the source is own"});
    return {};
  };
  return kind;
}

}  // namespace

bool collide(const Endpoint& a, const Endpoint& b) {
  if (a.port == 0 || a.port != b.port) return false;
  return a.address == b.address || a.address.is_unspecified() || b.address.is_unspecified();
}

change::DocumentKinds document_kinds(PolicyBuilder* builder) {
  using Step = Expected<void> (PolicyBuilder::*)(const change::Compiled&);
  change::DocumentKinds out;
  const auto add = [&out, builder](DocumentKind kind, Step step) {
    if (builder != nullptr)
      kind.compile = [builder, step](const change::Compiled& document) { return (builder->*step)(document); };
    out.add(std::move(kind));
  };
  add(user_kind(), &PolicyBuilder::user);
  add(domain_kind(), &PolicyBuilder::domain);
  add(admin_kind(), &PolicyBuilder::administrator);
  add(smtp_limits_kind(), &PolicyBuilder::smtp_limits);
  add(smtp_timeouts_kind(), &PolicyBuilder::smtp_timeouts);
  add(smtp_lenient_kind(), &PolicyBuilder::smtp_lenient);
  add(pop3_limits_kind(), &PolicyBuilder::pop3_limits);
  add(listener_kind(), &PolicyBuilder::listener);
  add(tls_kind(), &PolicyBuilder::tls);
  return out;
}

}  // namespace postern::service
