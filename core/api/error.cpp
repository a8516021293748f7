#include "postern/error.h"

#include <algorithm>
#include <iterator>

namespace postern {
namespace {

// In the order of ErrorCode.
constexpr std::string_view kNames[] = {"none",
                                       "internal",
                                       "bad_input",
                                       "bad_address",
                                       "bad_domain",
                                       "bad_password",
                                       "not_found",
                                       "already_exists",
                                       "not_allowed",
                                       "unknown_domain",
                                       "last_administrator",
                                       "conflict",
                                       "pending",
                                       "too_large",
                                       "too_many",
                                       "irreversible",
                                       "folder_missing",
                                       "folder_not_empty",
                                       "folder_unreadable",
                                       "folder_locked",
                                       "folder_read_only",
                                       "folder_newer",
                                       "folder_damaged",
                                       "not_initialised",
                                       "key_missing",
                                       "key_wrong",
                                       "disk_full",
                                       "io_error",
                                       "port_in_use",
                                       "port_denied",
                                       "port_unavailable",
                                       "certificate_broken",
                                       "certificate_mismatch",
                                       "certificate_expired",
                                       "unreachable",
                                       "busy",
                                       "version_mismatch",
                                       "access_denied",
                                       "timed_out",
                                       "cancelled",
                                       "chain_broken",
                                       "mailbox_full",
                                       "message_too_large"};
static_assert(std::size(kNames) == static_cast<size_t>(ErrorCode::message_too_large) + 1);

}  // namespace

std::string_view error_name(ErrorCode code) {
  const auto index = static_cast<size_t>(code);
  return index < std::size(kNames) ? kNames[index] : std::string_view();
}

ErrorCode error_from_name(std::string_view name) {
  const auto* found = std::find(std::begin(kNames), std::end(kNames), name);
  return found == std::end(kNames) ? ErrorCode::internal : static_cast<ErrorCode>(found - std::begin(kNames));
}

const std::vector<ErrorCode>& all_error_codes() {
  static const std::vector<ErrorCode> codes = [] {
    std::vector<ErrorCode> out;
    for (size_t i = 1; i < std::size(kNames); ++i) out.push_back(static_cast<ErrorCode>(i));
    return out;
  }();
  return codes;
}

}  // namespace postern
