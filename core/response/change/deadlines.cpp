// Changes that revert unless they are confirmed. Two clocks watch each: the wall clock, which survives a restart but
// can be set, and the steady one, which cannot be set but may stand still while the machine sleeps. Whichever says
// first that the time is over decides; a wall clock put back is caught by the steady one.
#include "base/log.h"
#include "response/change/writing.h"

namespace postern::change {
namespace {

using std::chrono::microseconds;

constexpr int64_t kSlack = kClockSlack.count() * kMicrosPerSecond;
const Author kDeadline{"postern", "deadline", "not confirmed in time"};

}  // namespace

Deadline ChangeEngine::deadline_after(Seconds within) const {
  const int64_t micros = microseconds(within).count();
  const int64_t mono = mono_micros(clock_);
  return {clock_.wall() + micros, mono + micros, mono, boot_};
}

/// How long it has from now on.
ChangeEngine::Pending ChangeEngine::pend(ChangeSet change) const {
  const Deadline& deadline = *change.deadline;
  const int64_t mono = mono_micros(clock_), wall = clock_.wall();
  const bool same_run = !boot_.empty() && deadline.boot == boot_ && mono >= deadline.mono_begin;
  // Another run of the machine: only the wall clock is left; before the change was made it tells nothing, so it is
  // over.
  const bool wall_is_wrong = wall + kSlack < change.time;
  const int64_t left = same_run ? deadline.mono - mono : wall_is_wrong ? 0 : deadline.wall - wall;
  return {std::move(change), clock_.now() + microseconds(left)};
}

bool ChangeEngine::overdue(const Pending& pending) const {
  return clock_.now() >= pending.due || clock_.wall() >= pending.change.deadline->wall;
}

/// When somebody put the wall clock back, stored deadlines move with it: a restart must not make them longer.
Expected<void> ChangeEngine::judge_clocks() {
  const int64_t apart = clock_.wall() - mono_micros(clock_);
  const int64_t moved = apart - clocks_apart_;
  if (moved <= kSlack && moved >= -kSlack) return {};
  clocks_apart_ = apart;
  if (moved > 0 || pending_.empty()) return {};
  audit::Transaction transaction(store_);
  if (!transaction.opened()) return transaction.opened();
  for (auto& [id, pending] : pending_) {
    const int64_t left = std::chrono::duration_cast<microseconds>(pending.due - clock_.now()).count();
    pending.change.deadline->wall = std::min(pending.change.deadline->wall, clock_.wall() + left);
    if (auto done = store_.move_change(pending.change); !done) return done;
  }
  return transaction.commit();
}

Expected<size_t> ChangeEngine::revert_overdue() {
  if (auto judged = judge_clocks(); !judged) return fail(judged.error());
  std::vector<ChangeSet> over;
  for (const auto& [id, pending] : pending_)
    if (overdue(pending)) over.push_back(pending.change);
  size_t reverted = 0;
  // The newest first, as one would go back by hand.
  for (auto change = over.rbegin(); change != over.rend(); ++change) {
    const auto done = revert_one(*change);
    if (!done) return fail(done.error());
    if (*done) ++reverted;
  }
  return reverted;
}

/// False when others build upon it so that it has to stay; then it is superseded and the log and the audit say so.
Expected<bool> ChangeEngine::revert_one(const ChangeSet& change) {
  const auto done = take_back(change, kDeadline, "change.revert");
  if (done) return true;
  const ErrorCode code = done.error().code;
  if (code == ErrorCode::disk_full || code == ErrorCode::io_error || code == ErrorCode::folder_read_only ||
      code == ErrorCode::busy)
    return fail(done.error());
  log_error("change", "change " + std::to_string(change.id) +
                          " was not confirmed and cannot be reverted: " + std::string(error_name(code)));
  ChangeSet stays = change;
  stays.state = State::superseded;
  stays.deadline.reset();
  const Author author{kDeadline.actor, kDeadline.via, "cannot be reverted: " + std::string(error_name(code))};
  if (auto moved = move(stays, author, "change.supersede"); !moved) return fail(moved.error());
  pending_.erase(change.id);
  return false;
}

}  // namespace postern::change
