// Every reply an SMTP session gives, in one table: code, enhanced code (RFC 3463), text, and the word that stands for
// it in the trace. Private to protocol/smtp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::smtp {

enum class Reply : uint8_t {
  none,
  // progress
  banner,
  hello,
  ok,
  sender_ok,
  recipient_ok,
  chunk_ok,
  stored,
  start_data,
  start_tls,
  auth_ok,
  auth_challenge,
  cannot_verify,
  help,
  goodbye,
  // the end of the session
  shutting_down,
  timed_out,
  too_many_errors,
  too_many_logins,
  too_many_messages,
  // lines and commands
  unknown_command,
  foreign_protocol,
  line_too_long,
  bare_line_end,
  bad_octets,
  auth_line_too_long,
  not_implemented,
  no_tls,
  bad_argument,
  no_argument_wanted,
  argument_wanted,
  bad_helo,
  hello_first,
  mail_first,
  transaction_open,
  out_of_order,
  tls_active,
  auth_done,
  data_after_bdat,
  no_valid_recipients,
  // login
  tls_first,
  bad_mechanism,
  bad_base64,
  bad_credentials_form,
  auth_cancelled,
  auth_failed,
  auth_unavailable,
  // envelope
  bad_sender,
  bad_recipient,
  utf8_not_declared,
  unknown_parameter,
  bad_parameter,
  too_big,
  not_accepting,
  sender_not_owned,
  too_many_recipients,
  recipient_alone,
  unknown_user,
  relay_denied,
  mailbox_full,
  mailbox_disabled,
  mailbox_unavailable,
  // content
  bare_cr_lf,
  nul_octet,
  text_line_too_long,
  mail_loop,
  bad_chunk,
  chunk_out_of_order,
  chunk_hopeless,
  no_space,
  recipients_full,
  store_failed,
  count
};

struct ReplyRow {
  uint16_t code;
  std::string_view enhanced;  ///< empty where the RFCs give none: 220 banner, HELO and EHLO, 334, 354
  std::string_view text;
  std::string_view gate;  ///< of the verdict in the trace
  std::string_view rule;  ///< short stable word, the same
};

const ReplyRow& reply_row(Reply reply);
/// One line with its CRLF. `text` replaces the table's when not empty; `more` makes it "250-".
std::string reply_line(Reply reply, std::string_view text = {}, bool more = false);

}  // namespace postern::smtp
