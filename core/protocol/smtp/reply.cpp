#include "protocol/smtp/reply.h"

#include <array>

namespace postern::smtp {
namespace {

// In the order of the enum.
constexpr std::array<ReplyRow, static_cast<size_t>(Reply::count)> kRows{{
    {0, "", "", ""},
    {220, "", "ESMTP Postern", "banner"},
    {250, "", "", "hello"},
    {250, "2.0.0", "OK", "ok"},
    {250, "2.1.0", "Sender OK", "sender-ok"},
    {250, "2.1.5", "Recipient OK", "recipient-ok"},
    {250, "2.0.0", "Chunk received", "chunk-ok"},
    {250, "2.0.0", "Ok", "stored"},
    {354, "", "Start mail input; end with <CRLF>.<CRLF>", "start-data"},
    {220, "2.0.0", "Ready to start TLS", "start-tls"},
    {235, "2.7.0", "Authentication successful", "auth-ok"},
    {334, "", "", "auth-challenge"},
    {252, "2.1.5", "Cannot verify a user, but will accept messages and try to deliver", "cannot-verify"},
    {214, "2.0.0", "", "help"},
    {221, "2.0.0", "Closing connection", "goodbye"},

    {421, "4.3.2", "Service shutting down", "stopped"},
    {421, "4.4.2", "Timed out waiting for input, closing connection", "time-out"},
    {421, "4.7.0", "Too many errors, closing connection", "too-many-errors"},
    {421, "4.7.0", "Too many failed logins, closing connection", "too-many-logins"},
    {421, "4.7.0", "Too many messages in one session, closing connection", "too-many-messages"},

    {500, "5.5.1", "Command not recognized", "unknown-command"},
    {500, "5.5.1", "This is a mail server, closing connection", "foreign-protocol"},
    {500, "5.5.2", "Line too long", "line-too-long"},
    {500, "5.5.2", "Command lines end in CRLF", "bare-line-end"},
    {500, "5.5.2", "Octets that do not belong into a command", "bad-octets"},
    {500, "5.5.6", "Authentication exchange line is too long", "auth-line-too-long"},
    {502, "5.5.1", "Command not implemented", "not-implemented"},
    {502, "5.5.1", "TLS is not available", "no-tls"},
    {501, "5.5.4", "Syntax error in the argument", "bad-argument"},
    {501, "5.5.4", "No argument is allowed", "no-argument-wanted"},
    {501, "5.5.4", "An argument is missing", "argument-wanted"},
    {501, "5.5.4", "Not a name or address literal", "bad-helo"},
    {503, "5.5.1", "Say EHLO or HELO first", "hello-first"},
    {503, "5.5.1", "MAIL first", "mail-first"},
    {503, "5.5.1", "A transaction is open", "transaction-open"},
    {503, "5.5.1", "Out of order", "out-of-order"},
    {503, "5.5.1", "TLS is on already", "tls-active"},
    {503, "5.5.1", "Already authenticated", "auth-done"},
    {503, "5.5.1", "DATA after BDAT", "data-after-bdat"},
    {554, "5.5.1", "No valid recipients", "no-valid-recipients"},

    {530, "5.7.0", "Must issue a STARTTLS command first", "tls-first"},
    {504, "5.5.4", "Unrecognized authentication mechanism", "bad-mechanism"},
    {501, "5.5.2", "Cannot decode base64", "bad-base64"},
    {501, "5.5.2", "Malformed credentials", "bad-credentials-form"},
    {501, "5.7.0", "Authentication cancelled", "auth-cancelled"},
    {535, "5.7.8", "Authentication credentials invalid", "auth-failed"},
    {454, "4.7.0", "Temporary authentication failure", "auth-unavailable"},

    {501, "5.1.7", "Bad sender address syntax", "bad-sender"},
    {501, "5.1.3", "Bad recipient address syntax", "bad-recipient"},
    {553, "5.6.7", "An address outside ASCII needs SMTPUTF8", "utf8-not-declared"},
    {555, "5.5.4", "Parameter not recognized or not implemented", "unknown-parameter"},
    {501, "5.5.4", "Syntax error in a parameter", "bad-parameter"},
    {552, "5.3.4", "Message size exceeds the limit", "too-big"},
    {452, "4.3.1", "Insufficient system storage", "not-accepting"},
    {550, "5.7.1", "Sender address is not owned by this login", "sender-not-owned"},
    {452, "4.5.3", "Too many recipients", "too-many-recipients"},
    {550, "5.1.1", "No such user here", "unknown-user"},
    {550, "5.7.1", "Relaying denied", "relay-denied"},
    {452, "4.2.2", "Mailbox full", "mailbox-full"},
    {550, "5.2.1", "Mailbox disabled, not accepting messages", "mailbox-disabled"},
    {451, "4.3.0", "Cannot look up the recipient now", "mailbox-unavailable"},

    {554, "5.6.0", "Message content holds a CR or LF that is not part of a CRLF", "bare-cr-lf"},
    {554, "5.6.0", "Message content holds a NUL octet", "nul"},
    {554, "5.6.0", "Message content holds a line that is too long", "text-line-too-long"},
    {554, "5.4.6", "Too many Received headers: mail loop", "mail-loop"},
    {501, "5.5.4", "BDAT takes a size, and LAST", "bad-chunk"},
    {503, "5.5.1", "BDAT needs MAIL and a valid recipient", "chunk-out-of-order"},
    {552, "5.3.4", "Message size exceeds the limit, closing connection", "hopeless-size"},
    {452, "4.3.1", "Insufficient system storage", "no-space"},
    {452, "4.2.2", "Mailbox full", "recipients-full"},
    {451, "4.3.0", "Message could not be stored, try again later", "store-failed"},
}};
static_assert(kRows.back().code != 0, "one row for each reply");

}  // namespace

const ReplyRow& reply_row(Reply reply) {
  return kRows[static_cast<size_t>(reply)];
}

std::string reply_line(Reply reply, std::string_view text, bool more) {
  const ReplyRow& row = reply_row(reply);
  std::string out = std::to_string(row.code);
  out += more ? '-' : ' ';
  out += row.enhanced;
  // RFC 2034 section 4: the enhanced code stands on every line.
  if (!row.enhanced.empty()) out += ' ';
  out += text.empty() ? row.text : text;
  out += "\r\n";
  return out;
}

}  // namespace postern::smtp
