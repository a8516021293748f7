// `postern serve`: the core in this process, with its listeners, until it is told to stop.
#pragma once

#include "cli/verb.h"

namespace postern::cli {

Verb serve_verb();

}  // namespace postern::cli
