#include "service/places.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/random.h"

namespace postern::service {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIdFile = "folder.id";
constexpr size_t kIdOctets = 8;
constexpr fs::perms kPrivateFolder = fs::perms::owner_all;
constexpr fs::perms kPrivateFile = fs::perms::owner_read | fs::perms::owner_write;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path configuration_folder() {
  if (const auto folder = environment("XDG_CONFIG_HOME"); !folder.empty()) return fs::path(folder) / "postern";
  if (const auto folder = environment("APPDATA"); !folder.empty()) return fs::path(folder) / "Postern";
  const auto home = environment("HOME");
  return fs::path(home.empty() ? "/root" : home) / ".config" / "postern";
}

std::string read_first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string path_for(const std::string& folder, const std::string& id) {
  if (const auto credentials = environment("CREDENTIALS_DIRECTORY"); !credentials.empty()) {
    const fs::path file = fs::path(credentials) / "postern-kek";
    std::error_code ignored;
    if (fs::exists(file, ignored)) return file.string();
  }
  if (is_system_folder(folder)) return kSystemKek;
  return (configuration_folder() / ("kek-" + id)).string();
}

Expected<void> write_private(const fs::path& path, std::string_view text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  // The folder is closed first, so the file is never open to others, not even while it is made.
  if (!fs::equivalent(path.parent_path(), "/etc", error)) fs::permissions(path.parent_path(), kPrivateFolder, error);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  fs::permissions(path, kPrivateFile, error);
  file << text << '\n';
  file.close();
  if (!file) return fail(ErrorCode::io_error, {path.string(), "cannot be written"});
  return {};
}

}  // namespace

bool is_system_folder(const std::string& folder) {
  std::error_code ignored;
  fs::path whole = fs::weakly_canonical(folder, ignored);
  if (!whole.has_filename()) whole = whole.parent_path();  // a slash at the end
  return whole == fs::path(kSystemFolder);
}

std::string user_folder() {
  if (const auto folder = environment("XDG_DATA_HOME"); !folder.empty()) return (fs::path(folder) / "postern").string();
  if (const auto folder = environment("LOCALAPPDATA"); !folder.empty()) return (fs::path(folder) / "Postern").string();
  const auto home = environment("HOME");
  return (fs::path(home.empty() ? "/root" : home) / ".local" / "share" / "postern").string();
}

Expected<std::string> folder_id(const std::string& folder) {
  std::error_code error;
  const fs::path id_file = fs::path(folder) / kIdFile;
  if (!fs::exists(id_file, error)) return fail(ErrorCode::not_initialised, {folder});
  std::string id = read_first_line(id_file);
  if (id.size() != 2 * kIdOctets || !from_hex(id)) return fail(ErrorCode::folder_unreadable, {folder, kIdFile});
  return id;
}

Expected<std::string> kek_path(const std::string& folder) {
  const auto id = folder_id(folder);
  if (!id) return fail(id.error());
  return path_for(folder, *id);
}

Expected<std::string> claim_kek_path(const std::string& folder) {
  const std::string id = hex(crypto::random_bytes(kIdOctets));
  std::ofstream file(fs::path(folder) / kIdFile, std::ios::binary | std::ios::trunc);
  file << id << '\n';
  file.close();
  if (!file) return fail(ErrorCode::folder_read_only, {folder});
  return path_for(folder, id);
}

Expected<crypto::AeadKey> read_kek(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return fail(ErrorCode::key_missing, {path});
  const auto mode = fs::status(path, error).permissions();
  if ((mode & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none)
    log_warning("service", "others may read the key file " + path);
  std::string line = read_first_line(path);
  auto octets = from_hex(line);
  wipe(line);
  if (!octets || octets->size() != crypto::kAeadKeySize) return fail(ErrorCode::key_wrong, {path});
  crypto::AeadKey key{};
  std::copy(octets->begin(), octets->end(), key.begin());
  wipe(*octets);
  return key;
}

Expected<crypto::AeadKey> create_kek(const std::string& path) {
  std::error_code error;
  if (fs::exists(path, error)) return fail(ErrorCode::already_exists, {path});
  crypto::AeadKey key{};
  crypto::random_bytes(key);
  std::string text = hex(key);
  const auto written = write_private(path, text);
  wipe(text);
  if (!written) return fail(written.error());
  return key;
}

}  // namespace postern::service
