// Names, seals and age of the ledger's month files. Private to adapters/store.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"

namespace postern::store {

/// "2026-11" (UTC).
std::string ledger_month_name(WallTime time);
/// Is this "YYYY-MM"?
bool is_ledger_month(std::string_view text);
std::string ledger_path(const std::string& folder, std::string_view month);
/// Months that have a file, newest first.
std::vector<std::string> ledger_months(const std::string& folder);

/// Does the file's header ask for a write-ahead log (SQLite file format, octets 18 and 19)?
bool needs_wal(const std::string& path);
/// SHA-256 of a file in lower-case hex.
Expected<std::string> hash_file(const std::string& path);
/// The seal beside a month's file: "<hash>  <file name>\n" as sha256sum writes it; nothing when it was never recorded.
std::optional<std::string> read_seal(const std::string& folder, std::string_view month);
Expected<void> write_seal(const std::string& folder, std::string_view month, const std::string& sha256);

/// Removes months that ended more than `days` days before `now` (0 = none); returns their names.
std::vector<std::string> remove_old_months(const std::string& folder, WallTime now, int days);

}  // namespace postern::store
