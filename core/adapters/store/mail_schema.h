// The tables of mail.db and how older ones become newer. Private to adapters/store.
#pragma once

#include "adapters/store/sqlite.h"

namespace postern::store {

constexpr int64_t kMailSchema = 1;

/// Brings the database to kMailSchema, in one transaction. folder_newer for one made by a later version (untouched).
Expected<void> migrate_mail(Database& database);

}  // namespace postern::store
