// MAIL and RCPT: the envelope. RFC 5321 section 3.3, RFC 1870, RFC 3461, RFC 6531.
#include <algorithm>

#include "base/text.h"
#include "protocol/smtp/state.h"

namespace postern::smtp {
namespace {

/// Percent hack, bang path, quoted '@', a second route: forms by which other systems were made to relay. None names a
/// mailbox of ours, whatever the domain says.
bool is_relay_form(const mime::Mailbox& mailbox) {
  return mailbox.local_part.find_first_of("%!@:") != std::string::npos;
}

Recipient look_up(const Step& step, const Path& path) {
  if (path.postmaster) return step.context.rules.recipient("postmaster", "");
  return step.context.rules.recipient(path.mailbox->local_part, path.mailbox->domain);
}

Reply judge(Recipient::Kind kind) {
  switch (kind) {
    case Recipient::Kind::local:
      return Reply::none;
    case Recipient::Kind::unknown:
      return Reply::unknown_user;
    case Recipient::Kind::relay_denied:
      return Reply::relay_denied;
    case Recipient::Kind::mailbox_full:
      return Reply::mailbox_full;
    case Recipient::Kind::disabled:
      return Reply::mailbox_disabled;
    case Recipient::Kind::unavailable:
      break;
  }
  return Reply::mailbox_unavailable;
}

/// What the trace headers add to the declared size, and a little more.
constexpr uint64_t kTraceOctets = 1024;

/// Without a declared size nobody knows yet whether the message fits into what is left. Asking for the room reads the
/// store.
bool is_tight(const Step& step, uint64_t room) {
  return !step.state.transaction->envelope.declared_size && room < step.limits().message_size;
}

/// One full mailbox must not keep the message from everybody else: it is refused here (RFC 5321 section 4.2.3), and one
/// that may turn out full gets a transaction of its own.
Reply judge_room(const Step& step, const Recipient& recipient) {
  const Transaction& transaction = *step.state.transaction;
  if (transaction.alone) return Reply::recipient_alone;
  if (recipient.role) return Reply::none;
  const uint64_t room = step.context.rules.room(recipient.account);
  const auto declared = transaction.envelope.declared_size;
  if (room == 0 || (declared && room < *declared + kTraceOctets)) return Reply::mailbox_full;
  if (!transaction.envelope.recipients.empty() && is_tight(step, room)) return Reply::recipient_alone;
  return Reply::none;
}

std::string path_text(const Path& path) {
  if (path.mailbox) return path.mailbox->to_string();
  return path.postmaster ? "postmaster" : "";
}

/// RFC 5321 section 4.1.1.3 lets a recipient stand twice; a mailbox gets one copy.
void add_mailbox(Envelope& envelope, const Recipient& recipient) {
  const auto add = [&recipient](std::vector<AccountId>& list) {
    if (std::find(list.begin(), list.end(), recipient.account) == list.end()) list.push_back(recipient.account);
  };
  add(envelope.mailboxes);
  if (recipient.role) add(envelope.unlimited);
}

}  // namespace

Refusal check_mail(const Step& step, const Request& request) {
  const Path& path = request.path;
  const Rules& rules = step.context.rules;
  if (path.non_ascii && !request.mail.smtputf8) return {Reply::utf8_not_declared, printable(request.argument)};
  // RFC 1870 section 6.1: refused before anybody sends it.
  if (request.mail.size.value_or(0) > step.limits().message_size)
    return {Reply::too_big, std::to_string(*request.mail.size) + " octets declared"};
  if (!rules.accepting()) return {Reply::not_accepting, {}};
  // The null path stays open to logins: notifications are sent with it (RFC 8098 section 3).
  if (step.state.account == 0 || !path.mailbox) return {};
  if (rules.may_send_as(step.state.account, path.mailbox->local_part, path.mailbox->domain)) return {};
  return {Reply::sender_not_owned, printable(path.mailbox->to_string())};
}

void proceed_mail(Step& step, Request& request) {
  if (step.state.messages >= step.limits().messages) return step.close(Reply::too_many_messages);
  step.state.transaction = std::make_unique<Transaction>();
  Envelope& envelope = step.state.transaction->envelope;
  envelope.reverse_path = path_text(request.path);
  envelope.smtputf8 = request.mail.smtputf8;
  envelope.eight_bit = request.mail.eight_bit;
  envelope.declared_size = request.mail.size;
  envelope.dsn_ret = std::move(request.mail.ret);
  envelope.dsn_envid = std::move(request.mail.envid);
  step.state.phase = kMail;
  step.reach(Stage::mail);
  step.reply(Reply::sender_ok);
}

Refusal check_rcpt(const Step& step, const Request& request) {
  const Path& path = request.path;
  const Envelope& envelope = step.state.transaction->envelope;
  if (path.non_ascii && !envelope.smtputf8) return {Reply::utf8_not_declared, printable(request.argument)};
  // RFC 5321 section 4.5.3.1.10: the client sends the others in another transaction.
  if (envelope.recipients.size() >= step.limits().recipients) return {Reply::too_many_recipients, {}};
  if (path.mailbox && is_relay_form(*path.mailbox))
    return {Reply::relay_denied, "relay form " + printable(path.mailbox->to_string())};
  const Recipient recipient = look_up(step, path);
  Reply reply = judge(recipient.kind);
  if (reply == Reply::none) reply = judge_room(step, recipient);
  if (reply != Reply::none) return {reply, printable(path_text(path))};
  return {};
}

void proceed_rcpt(Step& step, Request& request) {
  Envelope& envelope = step.state.transaction->envelope;
  const Recipient recipient = look_up(step, request.path);
  // Beside others no nearly full mailbox was taken.
  if (envelope.recipients.empty() && !recipient.role)
    step.state.transaction->alone = is_tight(step, step.context.rules.room(recipient.account));
  add_mailbox(envelope, recipient);
  envelope.recipients.push_back(path_text(request.path));
  envelope.recipient_dsn.push_back({std::move(request.rcpt.notify), std::move(request.rcpt.orcpt)});
  step.state.phase = kRcpt;
  step.reach(Stage::rcpt);
  step.reply(Reply::recipient_ok);
}

void drop_transaction(Step& step) {
  Session::State& state = step.state;
  if (state.transaction && state.transaction->begun) {
    state.transaction->begun = false;
    step.out.add(Action::Kind::abort);
  }
  state.transaction.reset();
  if (state.phase & (kInTransaction | kData)) state.phase = kReady;
}

}  // namespace postern::smtp
