// Files a verb takes in.
#pragma once

#include <string>

#include "postern/outcome.h"

namespace postern::cli {

/// The whole file; io_error when it cannot be read, too_large beyond `limit` octets.
api::Outcome<std::string> read_file(const std::string& path, size_t limit);

}  // namespace postern::cli
