// Looks at the databases of a folder before anything opens them, so that a newer one is refused with nothing touched.
#pragma once

#include <string>

#include "base/expected.h"

namespace postern::store {

/// folder_newer for the first database made by a later version; what is missing or no database is left to its owner.
Expected<void> refuse_newer(const std::string& folder);

}  // namespace postern::store
