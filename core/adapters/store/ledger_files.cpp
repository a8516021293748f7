#include "adapters/store/ledger_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "crypto/digest.h"

namespace postern::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "sessions-";
constexpr std::string_view kSuffix = ".db";
constexpr size_t kMonthLength = 7;
constexpr size_t kHashLength = 64;
constexpr size_t kHeaderStart = 20;
constexpr size_t kReadVersion = 19;
constexpr char kWalVersion = 2;
constexpr size_t kReadBlock = 64 * 1024;
constexpr WallTime kDay = 86'400 * kMicrosPerSecond;

std::string seal_path(const std::string& folder, std::string_view month) {
  return ledger_path(folder, month) + ".sha256";
}

/// The first moment after the month.
WallTime month_end(std::string_view month) {
  int year = std::stoi(std::string(month.substr(0, 4)));
  int next = std::stoi(std::string(month.substr(5))) + 1;
  if (next > 12) {
    next = 1;
    ++year;
  }
  const std::string text = std::to_string(year) + (next < 10 ? "-0" : "-") + std::to_string(next) + "-01T00:00:00Z";
  return parse_rfc3339(text).value_or(INT64_MAX);
}

}  // namespace

std::string ledger_month_name(WallTime time) {
  return format_rfc3339(time).substr(0, kMonthLength);
}

bool is_ledger_month(std::string_view text) {
  if (text.size() != kMonthLength || text[4] != '-') return false;
  for (const size_t i : {0U, 1U, 2U, 3U, 5U, 6U})
    if (!is_digit(text[i])) return false;
  const int month = (text[5] - '0') * 10 + (text[6] - '0');
  return month >= 1 && month <= 12;
}

std::string ledger_path(const std::string& folder, std::string_view month) {
  return (fs::path(folder) / (std::string(kPrefix) + std::string(month) + std::string(kSuffix))).string();
}

std::vector<std::string> ledger_months(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.size() != kPrefix.size() + kMonthLength + kSuffix.size() || name.compare(0, kPrefix.size(), kPrefix) != 0)
      continue;
    const std::string month = name.substr(kPrefix.size(), kMonthLength);
    if (name.compare(kPrefix.size() + kMonthLength, std::string::npos, kSuffix) == 0 && is_ledger_month(month))
      out.push_back(month);
  }
  std::sort(out.rbegin(), out.rend());
  return out;
}

bool needs_wal(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::array<char, kHeaderStart> header{};
  return in.read(header.data(), header.size()) && header[kReadVersion] == kWalVersion;
}

Expected<std::string> hash_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::folder_unreadable, {path, "open"});
  crypto::Sha256 hash;
  std::vector<char> block(kReadBlock);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0)
    hash.update(as_bytes(std::string_view(block.data(), static_cast<size_t>(in.gcount()))));
  if (in.bad()) return fail(ErrorCode::io_error, {path, "read"});
  const crypto::Digest digest = hash.finish();
  return hex(digest);
}

std::optional<std::string> read_seal(const std::string& folder, std::string_view month) {
  std::ifstream in(seal_path(folder, month));
  std::string hash;
  if (!(in >> hash) || hash.size() != kHashLength || !from_hex(hash)) return std::nullopt;
  return hash;
}

Expected<void> write_seal(const std::string& folder, std::string_view month, const std::string& sha256) {
  const std::string path = seal_path(folder, month);
  std::ofstream out(path, std::ios::trunc);
  out << sha256 << "  " << fs::path(ledger_path(folder, month)).filename().string() << "\n";
  out.flush();
  if (!out) return fail(ErrorCode::io_error, {path, "write"});
  return {};
}

std::vector<std::string> remove_old_months(const std::string& folder, WallTime now, int days) {
  std::vector<std::string> removed;
  if (days <= 0) return removed;
  for (const std::string& month : ledger_months(folder)) {
    if (month_end(month) > now - days * kDay) continue;
    std::error_code error;
    if (fs::remove(ledger_path(folder, month), error)) removed.push_back(month);
    for (const char* rest : {"-wal", "-shm", ".sha256"}) fs::remove(ledger_path(folder, month) + rest, error);
  }
  return removed;
}

}  // namespace postern::store
