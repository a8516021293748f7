// The form in which addresses are compared: our own local parts know no case (RFC 5321 section 2.4 leaves that to the
// receiver), domains never do; quotes make no difference. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace postern::identity {

/// Of an address as it is written ("bob smith"@Example.org); what is no address is its own lower-case form.
std::string address_key(std::string_view address);
/// Of a local part without its quotes and a domain.
std::string address_key(std::string_view local_part, std::string_view domain);

/// postmaster and abuse, in any case: they belong to the first administrator (RFC 5321 section 4.5.1, RFC 2142).
bool is_role(std::string_view local_part);

}  // namespace postern::identity
