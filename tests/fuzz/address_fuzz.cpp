// Addresses: what is accepted is harmless, and what is written again means the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "protocol/mime/address.h"
#include "protocol/mime/trace_header.h"

using namespace postern;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

bool has_control(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 32 || c == 127) return true;
  return false;
}

void check(std::string_view text, bool utf8) {
  const auto mailbox = mime::parse_mailbox(text, utf8);
  if (!mailbox) return;
  require(mailbox->local_part.size() <= mime::kLocalPartLimit, "local part too long");
  require(!mailbox->domain.empty() && mailbox->domain.size() <= mime::kDomainLimit, "domain too long");
  require(!has_control(mailbox->local_part) && !has_control(mailbox->domain), "control octet");
  require(is_utf8(mailbox->local_part) && is_utf8(mailbox->domain), "not UTF-8");
  require(utf8 || is_ascii(text), "8 bit octets in ASCII");
  require(mailbox->domain.front() == '[' ? mime::is_address_literal(mailbox->domain)
                                         : mime::is_domain(mailbox->domain, utf8),
          "domain that is none");
  const std::string written = mailbox->to_string();
  require(written.size() <= text.size(), "longer than it came");
  require(mime::parse_mailbox(written, utf8) == mailbox, "means something else when written");
  require(utf8 || mime::parse_mailbox(text, true) == mailbox, "another mailbox with UTF-8");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, false);
  check(text, true);
  const std::string helo = mime::clean_helo(text);
  require(!helo.empty() && helo.size() <= 255 && !has_control(helo) && is_ascii(helo), "helo not clean");
  require(helo.find_first_of(" ()<>;\"\\") == std::string::npos, "helo can write into a header");
  const std::string path = mime::return_path_header(text);
  require(!has_control(std::string_view(path).substr(0, path.size() - 2)), "header broken");
  return 0;
}
