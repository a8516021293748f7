// Arguments of MAIL, RCPT and BDAT, and xtext.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "protocol/smtp/request.h"

using namespace postern;
using namespace postern::smtp;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

bool is_printable(std::string_view text) {
  for (const char c : text)
    if (c < 32 || c > 126) return false;
  return true;
}

void check(const Refusal& refusal, const Request& request, bool reverse) {
  require(is_printable(refusal.reason), "reason not printable");
  if (refusal) {
    require(reply_row(refusal.reply).code >= 400, "refused with a good reply");
    return;
  }
  const Path& path = request.path;
  require(path.mailbox.has_value() || path.postmaster || reverse, "no path");
  require(!(path.mailbox && path.postmaster), "two paths");
  require(!path.postmaster || !reverse, "postmaster sends");
  if (path.mailbox) {
    require(mime::parse_mailbox(path.mailbox->to_string(), true) == path.mailbox, "not a mailbox");
    require(path.non_ascii == !(is_ascii(path.mailbox->local_part) && is_ascii(path.mailbox->domain)), "non_ascii");
  }
  require(request.mail.ret.empty() || request.mail.ret == "FULL" || request.mail.ret == "HDRS", "RET");
  require(is_printable(request.mail.envid) && request.mail.envid.size() <= kEnvidLimit, "ENVID");
  require(is_printable(request.rcpt.notify), "NOTIFY");
  require(request.rcpt.orcpt.size() <= kOrcptLimit, "ORCPT");
}

void check_chunk(std::string_view text) {
  Chunk chunk;
  const ChunkForm form = parse_chunk(text, chunk);
  if (form != ChunkForm::good) return;
  require(is_digit(text.front()), "a size that begins otherwise");
  const std::string again = std::to_string(chunk.octets) + (chunk.last ? " LAST" : "");
  Chunk second;
  require(parse_chunk(again, second) == ChunkForm::good && second.octets == chunk.octets && second.last == chunk.last,
          "another chunk when written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = trim(std::string_view(reinterpret_cast<const char*>(data), size));
  Request mail, rcpt;
  mail.argument = rcpt.argument = text;
  check(parse_mail(mail), mail, true);
  check(parse_rcpt(rcpt), rcpt, false);
  check_chunk(text);
  const auto decoded = decode_xtext(text);
  require(!decoded || (is_printable(*decoded) && decoded->size() <= text.size()), "xtext");
  return 0;
}
