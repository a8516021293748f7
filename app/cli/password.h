// How a password gets in: never by the command line.
#pragma once

#include <string>

#include "cli/context.h"

namespace postern::cli {

/// Reads one line of standard input (`from_stdin`), else asks on the terminal, twice when `is_new`. False when there is
/// none or it cannot be used; `exit` is then the exit code, and why was said.
bool read_password(Context& context, bool from_stdin, bool is_new, std::string& password, int& exit);

/// One line without its end; false when the input has none, or more than `limit` octets of it.
bool read_line(std::istream& in, std::string& line, size_t limit);

}  // namespace postern::cli
