// The tables of state.db. Private to adapters/store.
#pragma once

#include "adapters/store/sqlite.h"

namespace postern::store {

Expected<void> migrate_state(Database& database);

}  // namespace postern::store
