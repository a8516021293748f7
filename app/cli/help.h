// The help of a verb, a group of verbs or the whole program, in one language.
#pragma once

#include <memory>

#include "cli/language.h"

namespace CLI {
class FormatterBase;
}

namespace postern::cli {

std::shared_ptr<CLI::FormatterBase> make_help_formatter(Language language);

}  // namespace postern::cli
