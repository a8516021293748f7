#include "cli/exit_code.h"

namespace postern::cli {

ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::none:
      return kExitDone;
    case ErrorCode::folder_missing:
    case ErrorCode::folder_unreadable:
    case ErrorCode::folder_locked:
    case ErrorCode::folder_read_only:
    case ErrorCode::folder_newer:
    case ErrorCode::folder_damaged:
    case ErrorCode::not_initialised:
    case ErrorCode::key_missing:
    case ErrorCode::key_wrong:
    case ErrorCode::disk_full:
    case ErrorCode::io_error:
    case ErrorCode::port_in_use:
    case ErrorCode::port_denied:
    case ErrorCode::port_unavailable:
    case ErrorCode::certificate_broken:
    case ErrorCode::certificate_mismatch:
    case ErrorCode::certificate_expired:
    case ErrorCode::unreachable:
    case ErrorCode::version_mismatch:
    case ErrorCode::access_denied:
    case ErrorCode::timed_out:
      return kExitCannot;
    default:
      return kExitFailed;
  }
}

}  // namespace postern::cli
