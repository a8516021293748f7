#include "adapters/store/preflight.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <vector>

#include "adapters/store/ledger_month.h"
#include "adapters/store/mail_schema.h"
#include "adapters/store/state_store.h"

namespace postern::store {
namespace {

namespace fs = std::filesystem;

// The database file format, section 1.3: the user version stands at offset 60, most significant octet first.
constexpr std::streamoff kUserVersionAt = 60;

int64_t version_in_header(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 4> octets{};
  file.seekg(kUserVersionAt);
  if (!file.read(octets.data(), octets.size())) return 0;
  int64_t version = 0;
  for (const char octet : octets) version = version << 8 | static_cast<uint8_t>(octet);
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
    if (found > known) return fail(ErrorCode::folder_newer, {path.string(), std::to_string(found), std::to_string(known)});
  }
  return {};
}

}  // namespace postern::store
