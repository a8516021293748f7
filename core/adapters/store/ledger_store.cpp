#include "adapters/store/ledger_store.h"

#include <algorithm>
#include <chrono>

#include "adapters/store/ledger_files.h"
#include "adapters/store/ledger_writer.h"

namespace postern::store {
namespace {

constexpr size_t kReadBatch = 512;
// Ids follow the begin of sessions closely, not exactly: this much earlier nothing can match a "since" any more.
constexpr WallTime kOrderSlack = 3600 * kMicrosPerSecond;

/// Fills a page from one month. True when the page (or the time) is used up.
class PageFiller {
 public:
  PageFiller(const observe::SessionFilter& filter, size_t limit, const NameOf& name_of)
      : filter_(filter),
        limit_(limit),
        name_of_(name_of),
        deadline_(std::chrono::steady_clock::now() + kLedgerReadBudget) {}

  Expected<bool> take(const std::string& month, LedgerReader& reader, uint64_t below) {
    for (;;) {
      auto batch = reader.sessions_below(below, kReadBatch);
      if (!batch) return fail(batch.error());
      for (LedgerSession& session : *batch) {
        if (filter_.since() && session.row.began < *filter_.since() - kOrderSlack) return false;
        if (page_.rows.size() >= limit_) return stop_at(month, below);
        below = session.row.id;
        if (session.account != 0) session.row.user = name_of_(session.account);
        if (filter_.matches(session.row)) page_.rows.push_back(std::move(session));
      }
      if (batch->size() < kReadBatch) return false;
      if (std::chrono::steady_clock::now() >= deadline_) return stop_at(month, below);
    }
  }
  /// Between two months.
  bool used_up(const std::string& next_month) {
    if (page_.rows.size() < limit_ && std::chrono::steady_clock::now() < deadline_) return false;
    return stop_at(next_month, UINT64_MAX);
  }
  LedgerPage page() { return std::move(page_); }

 private:
  bool stop_at(const std::string& month, uint64_t below) {
    page_.next = LedgerCursor{month, below};
    return true;
  }

  const observe::SessionFilter& filter_;
  const size_t limit_;
  const NameOf& name_of_;
  const std::chrono::steady_clock::time_point deadline_;
  LedgerPage page_;
};

}  // namespace

struct LedgerStore::State {
  explicit State(const Clock& clock, LedgerOptions options) : writer(clock, std::move(options)) {}
  LedgerWriter writer;

  const LedgerOptions& options() const { return writer.options(); }
  Expected<LedgerReader> reader(const std::string& month) const {
    return LedgerReader::open(ledger_path(options().folder, month), options().vfs);
  }
};

std::string LedgerCursor::to_string() const {
  return month + "." + std::to_string(below);
}

std::optional<LedgerCursor> LedgerCursor::parse(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || !is_ledger_month(text.substr(0, dot))) return std::nullopt;
  const std::string_view digits = text.substr(dot + 1);
  if (digits.empty() || digits.size() > 20) return std::nullopt;
  uint64_t below = 0;
  for (const char c : digits) {
    const auto digit = static_cast<uint64_t>(c - '0');
    if (c < '0' || c > '9' || below > (UINT64_MAX - digit) / 10) return std::nullopt;
    below = below * 10 + digit;
  }
  return LedgerCursor{std::string(text.substr(0, dot)), below};
}

LedgerStore::LedgerStore(std::unique_ptr<State> state) : state_(std::move(state)) {}

LedgerStore::~LedgerStore() = default;

Expected<std::unique_ptr<LedgerStore>> LedgerStore::open(const Clock& clock, LedgerOptions options) {
  std::unique_ptr<LedgerStore> out(new LedgerStore(std::make_unique<State>(clock, std::move(options))));
  for (const std::string& month : ledger_months(out->state_->options().folder)) {
    auto reader = out->state_->reader(month);
    if (!reader) continue;  // the newest month's trouble shows when it is opened for writing
    if ((out->highest_session_ = reader->highest()) != 0) break;
  }
  if (auto started = out->state_->writer.start(); !started) return fail(started.error());
  return out;
}

bool LedgerStore::record(LedgerSession session) {
  return state_->writer.record(std::move(session));
}

bool LedgerStore::turned_away(WallTime now, const IpAddress& address, uint16_t port, std::string_view rule) {
  return state_->writer.turned_away(now, address, port, rule);
}

bool LedgerStore::contact(WallTime now, Contact contact) {
  return state_->writer.contact(now, std::move(contact));
}

Expected<void> LedgerStore::flush() {
  return state_->writer.flush();
}

LedgerStatus LedgerStore::status() const {
  return state_->writer.status();
}

Expected<LedgerPage> LedgerStore::list(const observe::SessionFilter& filter, std::optional<LedgerCursor> cursor,
                                       size_t limit, const NameOf& name_of) const {
  PageFiller filler(filter, std::clamp<size_t>(limit, 1, kLedgerPage), name_of);
  for (const std::string& month : ledger_months(state_->options().folder)) {
    if (cursor && month > cursor->month) continue;
    const bool resumed = cursor && month == cursor->month;
    if (!resumed && filler.used_up(month)) break;
    auto reader = state_->reader(month);
    // Removed by retention between listing and opening: the rest is older still.
    if (!reader && reader.error().code == ErrorCode::folder_unreadable) break;
    if (!reader) return fail(reader.error());
    const auto full = filler.take(month, *reader, resumed ? cursor->below : UINT64_MAX);
    if (!full) return fail(full.error());
    if (*full) break;
  }
  return filler.page();
}

Expected<std::optional<LedgerSession>> LedgerStore::find(uint64_t session, const NameOf& name_of) const {
  for (const std::string& month : ledger_months(state_->options().folder)) {
    auto reader = state_->reader(month);
    if (!reader) return fail(reader.error());
    auto rows = reader->session(session);
    if (!rows) return fail(rows.error());
    if (rows->empty()) continue;
    if (rows->front().account != 0) rows->front().row.user = name_of(rows->front().account);
    return std::move(rows->front());
  }
  return std::optional<LedgerSession>();
}

Expected<std::vector<TurnedAway>> LedgerStore::turned_away_between(WallTime from, WallTime to, size_t limit) const {
  std::vector<TurnedAway> out;
  for (const std::string& month : ledger_months(state_->options().folder)) {
    if (out.size() >= limit) break;
    auto reader = state_->reader(month);
    if (!reader) return fail(reader.error());
    auto rows = reader->turned_away(from, to, limit - out.size());
    if (!rows) return fail(rows.error());
    out.insert(out.end(), std::make_move_iterator(rows->begin()), std::make_move_iterator(rows->end()));
  }
  return out;
}

Expected<std::vector<Contact>> LedgerStore::contacts_between(WallTime from, WallTime to, uint64_t account,
                                                             size_t limit) const {
  std::vector<Contact> out;
  for (const std::string& month : ledger_months(state_->options().folder)) {
    if (out.size() >= limit) break;
    auto reader = state_->reader(month);
    if (!reader) return fail(reader.error());
    auto rows = reader->contacts(from, to, account, limit - out.size());
    if (!rows) return fail(rows.error());
    out.insert(out.end(), std::make_move_iterator(rows->begin()), std::make_move_iterator(rows->end()));
  }
  return out;
}

}  // namespace postern::store
