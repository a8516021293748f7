#include "protocol/mime/stuffing.h"

namespace postern::mime {
namespace {

constexpr size_t kViewFrom = 512;  // shorter pieces are cheaper to copy than to send as a buffer of their own

void emit(std::string_view piece, Actions& out, bool copy) {
  if (piece.empty()) return;
  if (copy || piece.size() < kViewFrom)
    out.send(piece);
  else
    out.send_view(piece);
}

}  // namespace

void Stuffer::feed(std::string_view octets, Actions& out, bool copy) {
  if (octets.empty()) return;
  size_t begin = 0;
  for (size_t at = octets.find('.'); at != std::string_view::npos; at = octets.find('.', at + 1)) {
    // After a bare LF too: a reader that takes LF for a line end must not see a terminator inside the content.
    if (at == 0 ? !line_start_ : octets[at - 1] != '\n') continue;
    emit(octets.substr(begin, at - begin), out, copy);
    out.send(".");
    begin = at;
  }
  emit(octets.substr(begin), out, copy);
  line_start_ = octets.back() == '\n';
  ended_ = line_start_ && (octets.size() > 1 ? octets[octets.size() - 2] == '\r' : after_cr_);
  after_cr_ = octets.back() == '\r';
}

void Stuffer::finish(Actions& out) {
  out.send(ended_ ? ".\r\n" : "\r\n.\r\n");
}

}  // namespace postern::mime
