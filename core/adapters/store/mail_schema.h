// The tables of mail.db. Private to adapters/store.
#pragma once

#include <span>
#include <string>

#include "adapters/store/migrate.h"

namespace postern::store {

constexpr int64_t kMailSchema = 1;
constexpr const char* kMailFile = "mail.db";

std::span<const Migration> mail_migrations();

}  // namespace postern::store
