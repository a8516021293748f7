#include "protocol/smtp/reply.h"

#include <array>

namespace postern::smtp {
namespace {

// In the order of the enum.
constexpr std::array<ReplyRow, static_cast<size_t>(Reply::count)> kRows{{
    {0, "", "", "", ""},
    {220, "", "ESMTP Postern", "session", "banner"},
    {250, "", "", "session", "hello"},
    {250, "2.0.0", "OK", "session", "ok"},
    {250, "2.1.0", "Sender OK", "envelope", "sender-ok"},
    {250, "2.1.5", "Recipient OK", "envelope", "recipient-ok"},
    {250, "2.0.0", "Chunk received", "content", "chunk-ok"},
    {250, "2.0.0", "Ok", "store", "stored"},
    {354, "", "Start mail input; end with <CRLF>.<CRLF>", "content", "start-data"},
    {220, "2.0.0", "Ready to start TLS", "tls", "start-tls"},
    {235, "2.7.0", "Authentication successful", "auth", "auth-ok"},
    {334, "", "", "auth", "auth-challenge"},
    {252, "2.1.5", "Cannot verify a user, but will accept messages and try to deliver", "session", "cannot-verify"},
    {214, "2.0.0", "", "session", "help"},
    {221, "2.0.0", "Closing connection", "session", "goodbye"},

    {421, "4.3.2", "Service shutting down", "session", "stopped"},
    {421, "4.4.2", "Timed out waiting for input, closing connection", "limits", "time-out"},
    {421, "4.7.0", "Too many errors, closing connection", "limits", "too-many-errors"},
    {421, "4.7.0", "Too many failed logins, closing connection", "limits", "too-many-logins"},
    {421, "4.7.0", "Too many messages in one session, closing connection", "limits", "too-many-messages"},

    {500, "5.5.1", "Command not recognized", "syntax", "unknown-command"},
    {500, "5.5.1", "This is a mail server, closing connection", "syntax", "foreign-protocol"},
    {500, "5.5.2", "Line too long", "syntax", "line-too-long"},
    {500, "5.5.2", "Command lines end in CRLF", "syntax", "bare-line-end"},
    {500, "5.5.2", "Octets that do not belong into a command", "syntax", "bad-octets"},
    {500, "5.5.6", "Authentication exchange line is too long", "auth", "auth-line-too-long"},
    {502, "5.5.1", "Command not implemented", "syntax", "not-implemented"},
    {502, "5.5.1", "TLS is not available", "tls", "no-tls"},
    {501, "5.5.4", "Syntax error in the argument", "syntax", "bad-argument"},
    {501, "5.5.4", "No argument is allowed", "syntax", "no-argument-wanted"},
    {501, "5.5.4", "An argument is missing", "syntax", "argument-wanted"},
    {501, "5.5.4", "Not a name or address literal", "syntax", "bad-helo"},
    {503, "5.5.1", "Say EHLO or HELO first", "order", "hello-first"},
    {503, "5.5.1", "MAIL first", "order", "mail-first"},
    {503, "5.5.1", "A transaction is open", "order", "transaction-open"},
    {503, "5.5.1", "Out of order", "order", "out-of-order"},
    {503, "5.5.1", "TLS is on already", "order", "tls-active"},
    {503, "5.5.1", "Already authenticated", "order", "auth-done"},
    {503, "5.5.1", "DATA after BDAT", "order", "data-after-bdat"},
    {554, "5.5.1", "No valid recipients", "order", "no-valid-recipients"},

    {530, "5.7.0", "Must issue a STARTTLS command first", "tls", "tls-first"},
    {504, "5.5.4", "Unrecognized authentication mechanism", "auth", "bad-mechanism"},
    {501, "5.5.2", "Cannot decode base64", "auth", "bad-base64"},
    {501, "5.5.2", "Malformed credentials", "auth", "bad-credentials-form"},
    {501, "5.7.0", "Authentication cancelled", "auth", "auth-cancelled"},
    {535, "5.7.8", "Authentication credentials invalid", "auth", "auth-failed"},
    {454, "4.7.0", "Temporary authentication failure", "auth", "auth-unavailable"},

    {501, "5.1.7", "Bad sender address syntax", "envelope", "bad-sender"},
    {501, "5.1.3", "Bad recipient address syntax", "envelope", "bad-recipient"},
    {553, "5.6.7", "An address outside ASCII needs SMTPUTF8", "envelope", "utf8-not-declared"},
    {555, "5.5.4", "Parameter not recognized or not implemented", "envelope", "unknown-parameter"},
    {501, "5.5.4", "Syntax error in a parameter", "envelope", "bad-parameter"},
    {552, "5.3.4", "Message size exceeds the limit", "limits", "too-big"},
    {452, "4.3.1", "Insufficient system storage", "store", "not-accepting"},
    {550, "5.7.1", "Sender address is not owned by this login", "envelope", "sender-not-owned"},
    {452, "4.5.3", "Too many recipients", "limits", "too-many-recipients"},
    {452, "4.5.3", "One mailbox is nearly full, send to each in a transaction of its own", "mailbox", "nearly-full"},
    {550, "5.1.1", "No such user here", "mailbox", "unknown-user"},
    {550, "5.7.1", "Relaying denied", "relay", "relay-denied"},
    {452, "4.2.2", "Mailbox full", "mailbox", "mailbox-full"},
    {550, "5.2.1", "Mailbox disabled, not accepting messages", "mailbox", "mailbox-disabled"},
    {451, "4.3.0", "Cannot look up the recipient now", "mailbox", "mailbox-unavailable"},

    {554, "5.6.0", "Message content holds a CR or LF that is not part of a CRLF", "content", "bare-cr-lf"},
    {554, "5.6.0", "Message content holds a NUL octet", "content", "nul"},
    {554, "5.6.0", "Message content holds a line that is too long", "content", "text-line-too-long"},
    {554, "5.4.6", "Too many Received headers: mail loop", "content", "mail-loop"},
    {501, "5.5.4", "BDAT takes a size, and LAST", "syntax", "bad-chunk"},
    {503, "5.5.1", "BDAT needs MAIL and a valid recipient", "order", "chunk-out-of-order"},
    {552, "5.3.4", "Message size exceeds the limit, closing connection", "limits", "hopeless-size"},
    {452, "4.3.1", "Insufficient system storage", "store", "no-space"},
    {452, "4.2.2", "Mailbox full", "mailbox", "recipients-full"},
    {451, "4.3.0", "Message could not be stored, try again later", "store", "store-failed"},
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
