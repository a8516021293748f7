#include "protocol/pop3/delivery.h"

#include "base/text.h"
#include "protocol/mime/downgrade.h"

namespace postern::pop3 {

size_t HeaderEnd::find(std::string_view octets) {
  size_t begin = 0;
  for (size_t at = octets.find('\n'); at != std::string_view::npos; at = octets.find('\n', begin)) {
    const size_t length = line_ + (at - begin);
    const bool blank = length == 0 || (length == 1 && (line_ == 1 ? only_cr_ : octets[at - 1] == '\r'));
    line_ = 0;
    begin = at + 1;
    if (blank) return begin;
  }
  const std::string_view rest = octets.substr(begin);
  if (!rest.empty()) only_cr_ = line_ == 0 && rest == "\r";
  line_ += rest.size();
  return std::string_view::npos;
}

bool Delivery::feed(std::string_view octets, Actions& out) {
  if (in_header_ && (lines_ || downgrade_ != Downgrade::never)) {
    const size_t end = header_end_.find(octets);
    const bool complete = end != std::string_view::npos;
    feed_header(octets.substr(0, end), complete, out);
    if (!complete) return false;
    octets.remove_prefix(end);
  }
  in_header_ = false;
  if (!begun_) begin(false, out);
  return feed_body(octets, out);
}

bool Delivery::feed_header(std::string_view octets, bool complete, Actions& out) {
  if (downgrade_ == Downgrade::never) {
    if (!begun_) begin(false, out);
    stuffer_.feed(octets, out);
    return true;
  }
  if (complete && held_.empty()) {
    release_header(octets, out, false);
    return true;
  }
  held_ += octets;
  if (held_.size() > kHeaderLimit) downgrade_ = Downgrade::never;
  if (!complete && downgrade_ != Downgrade::never) return false;
  release_header(held_, out, true);
  held_ = {};
  return true;
}

void Delivery::release_header(std::string_view header, Actions& out, bool copy) {
  const bool wanted = downgrade_ == Downgrade::always || (downgrade_ == Downgrade::structured && !is_ascii(header) &&
                                                          mime::has_utf8_in_structured(header));
  const std::optional<std::string> rewritten = wanted ? mime::downgrade_header(header) : std::nullopt;
  begin(rewritten.has_value(), out);
  if (rewritten)
    stuffer_.feed(*rewritten, out, true);
  else
    stuffer_.feed(header, out, copy);
}

bool Delivery::feed_body(std::string_view octets, Actions& out) {
  if (!lines_) {
    stuffer_.feed(octets, out);
    return false;
  }
  size_t end = 0;
  while (*lines_ > 0 && end < octets.size()) {
    const size_t at = octets.find('\n', end);
    if (at == std::string_view::npos) {
      end = octets.size();
      break;
    }
    end = at + 1;
    --*lines_;
  }
  stuffer_.feed(octets.substr(0, end), out);
  return *lines_ == 0;
}

void Delivery::begin(bool downgraded, Actions& out) {
  begun_ = true;
  // A downgraded message has another size than the stored one that LIST names: then no size is claimed.
  if (downgraded || lines_)
    out.send("+OK Message follows\r\n");
  else
    out.send("+OK " + std::to_string(octets_) + " octets\r\n");
}

void Delivery::finish(Actions& out) {
  if (in_header_ && !held_.empty()) {
    release_header(held_, out, true);
    held_ = {};
  }
  if (!begun_) begin(false, out);
  stuffer_.finish(out);
}

}  // namespace postern::pop3
