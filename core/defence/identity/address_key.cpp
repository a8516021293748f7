#include "defence/identity/address_key.h"

#include "base/text.h"
#include "protocol/mime/address.h"

namespace postern::identity {

std::string address_key(std::string_view address) {
  const auto mailbox = mime::parse_mailbox(address, true);
  return mailbox ? address_key(mailbox->local_part, mailbox->domain) : to_lower(address);
}

std::string address_key(std::string_view local_part, std::string_view domain) {
  // A domain holds no '@', so the last one parts them without doubt.
  return to_lower(local_part) + "@" + to_lower(domain);
}

bool is_role(std::string_view local_part) {
  return equal_ignoring_case(local_part, "postmaster") || equal_ignoring_case(local_part, "abuse");
}

}  // namespace postern::identity
