#include "adapters/store/mail_space.h"

#include "base/log.h"

namespace postern::store {
namespace {

/// Octets in pages of the database that hold nothing.
uint64_t unused_octets(Database& database) {
  const auto pages = database.scalar("PRAGMA freelist_count"), size = database.scalar("PRAGMA page_size");
  return pages && size ? static_cast<uint64_t>(*pages) * static_cast<uint64_t>(*size) : 0;
}

/// Moves pages from the end of the file into unused ones and cuts it; the log is emptied with it.
bool shrink(Database& database) {
  const bool done = database.execute("PRAGMA incremental_vacuum(" + std::to_string(kPagesAtOnce) + ")").has_value();
  return database.checkpoint(true) && done;
}

}  // namespace

MailSpace::MailSpace(FileSystem& files, std::string folder, bool reserve)
    : files_(files), folder_(std::move(folder)), wants_reserve_(reserve) {}

std::string MailSpace::reserve_path() const {
  return folder_ + "/reserve.bin";
}

void MailSpace::start() {
  if (restore_reserve()) return check_low_water();
  log_warning("store", "the disk is too full for the reserve: new mail is refused until there is room");
  trouble_ = ErrorCode::disk_full;
}

bool MailSpace::restore_reserve() {
  if (!wants_reserve_ || reserve_there_) return true;
  if (!files_.allocate(reserve_path(), kReserve)) return false;
  reserve_there_ = true;
  return true;
}

void MailSpace::failed(const Error& error) {
  if (error.code != ErrorCode::disk_full && error.code != ErrorCode::folder_read_only) return;
  if (error.code == ErrorCode::disk_full && reserve_there_.exchange(false))
    static_cast<void>(files_.remove(reserve_path()));
  if (trouble_.exchange(error.code) == error.code) return;
  log_error("store", std::string(error_name(error.code)) + ": new mail is refused until that is over");
}

void MailSpace::look(Database& database, bool room_was_made) {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < kLook && !(room_was_made && !accepting())) return;
  looked_ = now;
  if (accepting())
    check_low_water();
  else
    recover(database);
}

void MailSpace::check_low_water() {
  if (!wants_reserve_ || files_.free_octets(folder_) >= kLowWater) return;
  log_warning("store", "the disk is nearly full: new mail is refused until there is room");
  trouble_ = ErrorCode::disk_full;
}

void MailSpace::recover(Database& database) {
  if (trouble() == ErrorCode::disk_full) {
    // Deleted mail leaves unused pages inside the file: as long as the disk is full they are needed outside.
    if (unused_octets(database) > kWorthGivingBack / 8) static_cast<void>(shrink(database));
    const uint64_t needed = kFreeAgain + (wants_reserve_ && !reserve_there_ ? kReserve : 0);
    if (wants_reserve_ && files_.free_octets(folder_) < needed) return;
    if (!restore_reserve()) return;
  }
  if (!can_write(database)) return;
  log_info("store", "new mail is taken again");
  trouble_ = ErrorCode::none;
}

/// Only a write shows that writing works.
bool MailSpace::can_write(Database& database) {
  if (database.execute("BEGIN IMMEDIATE; INSERT OR REPLACE INTO meta VALUES('probe', 1); COMMIT")) return true;
  database.rollback();
  return false;
}

void MailSpace::give_back(Database& database) {
  if (unused_octets(database) > kWorthGivingBack) static_cast<void>(shrink(database));
}

}  // namespace postern::store
