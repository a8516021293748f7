// One plain sentence for each error code, in both languages.
#pragma once

#include <string>

#include "cli/language.h"
#include "postern/error.h"

namespace postern::cli {

/// What went wrong and, where there is one, what helps. Control characters in arguments are shown escaped.
std::string sentence(const Error& error, Language language);

}  // namespace postern::cli
