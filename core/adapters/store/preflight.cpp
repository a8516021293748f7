#include "adapters/store/preflight.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include "adapters/store/ledger_month.h"
#include "adapters/store/mail_schema.h"
#include "adapters/store/state_store.h"

namespace postern::store {
namespace {

namespace fs = std::filesystem;

// The database file format, section 1.3: the file begins with these 16 octets; the user version stands at offset 60,
// most significant octet first.
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr size_t kUserVersionAt = 60;

/// 0 for what is no database: that is found, and told, when it is opened.
int64_t version_in_header(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, kUserVersionAt + 4> header{};
  if (!file.read(header.data(), header.size())) return 0;
  if (!std::string_view(header.data(), header.size()).starts_with(kMagic)) return 0;
  int64_t version = 0;
  for (size_t i = kUserVersionAt; i < header.size(); ++i) version = version << 8 | static_cast<uint8_t>(header[i]);
  return version;
}

int64_t known_version(const std::string& name) {
  if (name == kStateFile) return kStateSchema;
  if (name == "mail.db") return kMailSchema;
  if (name.starts_with("sessions-") && name.ends_with(".db")) return kLedgerVersion;
  return INT64_MAX;
}

}  // namespace

Expected<void> refuse_newer(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& path : files) {
    const int64_t known = known_version(path.filename().string());
    if (known == INT64_MAX) continue;
    const int64_t found = version_in_header(path);
    if (found > known)
      return fail(ErrorCode::folder_newer, {path.string(), std::to_string(found), std::to_string(known)});
  }
  return {};
}

}  // namespace postern::store
