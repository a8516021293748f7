// The tables of state.db and how older ones become these. Private to adapters/store.
#pragma once

#include <span>

#include "adapters/store/migrate.h"

namespace postern::store {

/// The steps of state.db, in order.
std::span<const Migration> state_migrations();

}  // namespace postern::store
