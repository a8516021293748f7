// What a script learns from the exit code.
#pragma once

#include "postern/error.h"

namespace postern::cli {

enum ExitCode : int {
  kExitDone = 0,    ///< the command did its work
  kExitFailed = 1,  ///< refused or failed
  kExitUsage = 2,   ///< the command line cannot be understood
  kExitCannot = 3,  ///< could not even be tried: locked, unreachable, newer database
};

ExitCode exit_code_of(ErrorCode code);

}  // namespace postern::cli
