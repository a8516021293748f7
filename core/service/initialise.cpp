// What a program links and calls: places, init, the core itself.
#include <filesystem>

#include "adapters/platform/files.h"
#include "base/log.h"
#include "service/core_impl.h"
#include "service/places.h"

namespace postern::api {
namespace {

namespace fs = std::filesystem;
using namespace postern::service;

/// Takes away what a failed init has made.
class Undo {
 public:
  Undo(std::string folder, bool made) : folder_(std::move(folder)), made_(made) {}
  ~Undo() {
    if (kept_) return;
    std::error_code ignored;
    if (!key_.empty()) fs::remove(key_, ignored);
    for (const auto& entry : fs::directory_iterator(folder_, ignored)) fs::remove_all(entry.path(), ignored);
    if (made_) fs::remove(folder_, ignored);
  }
  void key(std::string path) { key_ = std::move(path); }
  void keep() { kept_ = true; }

 private:
  std::string folder_, key_;
  bool made_;
  bool kept_ = false;
};

constexpr const char* kLockFile = "lock";

/// Only a lock may be in it.
Expected<void> expect_empty(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename() != kLockFile) return fail(ErrorCode::folder_not_empty, {folder});
  if (error) return fail(ErrorCode::folder_unreadable, {folder, error.message()});
  return {};
}

/// An empty or new folder, for its owner only; true when it was made.
Expected<bool> make_folder(const std::string& folder) {
  std::error_code error;
  const bool made = fs::create_directories(folder, error);
  if (error) return fail(ErrorCode::folder_unreadable, {folder, error.message()});
  if (auto empty = expect_empty(folder); !empty) return fail(empty.error());
  fs::permissions(folder, fs::perms::owner_all, error);
  return made;
}

Expected<void> make_mail(const std::string& folder) {
  const auto id = folder_id(folder);
  if (!id) return fail(id.error());
  store::MailStoreOptions options;
  options.folder = folder;
  options.files = &platform::real_files();
  options.store_id = *id;
  return store::MailStore::make(std::move(options));
}

Expected<void> initialise_in(const Place& place, Beginning beginning) {
  const std::string folder = folder_of(place);
  const auto made = make_folder(folder);
  if (!made) return fail(made.error());
  const auto lock = platform::FolderLock::take(folder);
  if (!lock) return fail(lock.error());
  // Another init may have been here before the lock was ours: from here on everything in the folder is our own.
  if (auto empty = expect_empty(folder); !empty) return empty;
  Undo undo(folder, *made);
  const auto path = place.kek_file.empty() ? claim_kek_path(folder) : Expected<std::string>(place.kek_file);
  if (!path) return fail(path.error());
  if (!place.kek_file.empty())
    if (auto claimed = claim_kek_path(folder); !claimed) return fail(claimed.error());
  auto kek = create_kek(*path);
  // The system service keeps one key for its one folder: a folder made anew goes on with it.
  const bool fresh = kek.has_value();
  if (!kek && kek.error().code == ErrorCode::already_exists) kek = read_kek(*path);
  if (!kek) return fail(kek.error());
  if (fresh) undo.key(*path);
  const SystemClock clock;
  if (auto created = AdminState::create(folder, *kek, clock, std::move(beginning)); !created) return created;
  if (auto mail = make_mail(folder); !mail) return mail;
  undo.keep();
  return {};
}

}  // namespace

Place default_place() {
  Place out;
  std::error_code ignored;
  const bool system = fs::exists(kSystemSocket, ignored);
  out.folder = system ? kSystemFolder : user_folder();
  return out;
}

std::string control_socket(const Place& place) {
  const std::string folder = folder_of(place);
  return is_system_folder(folder) ? kSystemSocket : folder + "/control.sock";
}

Outcome<std::monostate> initialise(const Place& place, InitRequest request) {
  Beginning beginning;
  beginning.domain = std::move(request.domain);
  beginning.administrator = std::move(request.administrator);
  beginning.password = Secret(std::exchange(request.password, std::string()));
  const auto done = initialise_in(place, std::move(beginning));
  if (!done) return done.error();
  return std::monostate{};
}

void warn_on_stderr() {
  set_log_sink(stderr_log_sink(LogLevel::warning));
}

std::unique_ptr<Core> make_core(const Place& place) {
  return std::make_unique<CoreImpl>(place);
}

}  // namespace postern::api
