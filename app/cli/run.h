// The whole command line but for main(): argv in, exit code out.
#pragma once

#include "cli/terminal.h"

namespace postern::cli {

/// `argv[0]` is the program. Writes to the terminal only; throws nothing.
int run(int argc, const char* const* argv, Terminal& terminal);

}  // namespace postern::cli
