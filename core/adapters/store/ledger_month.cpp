#include "adapters/store/ledger_month.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace postern::store {
namespace {

constexpr std::string_view kOtherWord = "other";

// STRICT keeps a wrong bind from going unnoticed. Session ids grow with time, so the row id is also the order.
constexpr const char* kSchema = R"(
  CREATE TABLE words(id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE sessions(
    id INTEGER PRIMARY KEY, began INTEGER NOT NULL, ended INTEGER NOT NULL, port INTEGER NOT NULL, address BLOB NOT NULL,
    account INTEGER NOT NULL, verdict INTEGER NOT NULL, stage INTEGER NOT NULL, octets_in INTEGER NOT NULL,
    octets_out INTEGER NOT NULL, messages INTEGER NOT NULL, rule INTEGER NOT NULL, why INTEGER NOT NULL) STRICT;
  CREATE TABLE turned_away(
    minute INTEGER NOT NULL, address BLOB NOT NULL, port INTEGER NOT NULL, rule INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY(minute, address, port, rule)) STRICT, WITHOUT ROWID;
  CREATE TABLE contacts(
    hour INTEGER NOT NULL, address BLOB NOT NULL, port INTEGER NOT NULL, account INTEGER NOT NULL, credential INTEGER NOT NULL,
    client INTEGER NOT NULL, outcome INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY(hour, account, address, port, credential, client, outcome)) STRICT, WITHOUT ROWID;
)";

/// 4 octets for IPv4, 16 for IPv6.
BytesView packed(const IpAddress& address) {
  const BytesView all(address.octets());
  return address.is_v4() ? all.subspan(12) : all;
}

IpAddress unpacked(BytesView octets) {
  std::array<uint8_t, 4> v4{};
  std::array<uint8_t, 16> v6{};
  if (octets.size() == v4.size()) {
    std::copy(octets.begin(), octets.end(), v4.begin());
    return IpAddress::v4(v4);
  }
  if (octets.size() == v6.size()) std::copy(octets.begin(), octets.end(), v6.begin());
  return IpAddress::v6(v6);
}

/// An enumerator as written; a value this program does not know becomes `fallback`.
template <class Enum>
Enum known(int64_t value, Enum last, Enum fallback) {
  return value >= 0 && value <= static_cast<int64_t>(last) ? static_cast<Enum>(value) : fallback;
}

Expected<int64_t> version_of(const std::string& path, const std::string& vfs) {
  Database::Options options;
  options.read_only = true;
  options.vfs = vfs;
  auto database = Database::open(path, options);
  if (!database) return fail(database.error());
  return database->scalar("PRAGMA user_version");
}

}  // namespace

Expected<std::unique_ptr<LedgerMonth>> LedgerMonth::open(const std::string& path, const std::string& vfs) {
  // Looked at before anything is written: a newer file stays as it is.
  if (std::error_code ignored;
      std::filesystem::exists(path, ignored) && std::filesystem::file_size(path, ignored) > 0) {
    const auto version = version_of(path, vfs);
    if (!version) return fail(version.error());
    if (*version > kLedgerVersion)
      return fail(ErrorCode::folder_newer, {path, std::to_string(*version), std::to_string(kLedgerVersion)});
  }
  Database::Options options;
  options.create = true;
  options.full_sync = false;
  options.vfs = vfs;
  auto database = Database::open(path, options);
  if (!database) return fail(database.error());
  std::unique_ptr<LedgerMonth> out(new LedgerMonth());
  out->database_ = std::move(*database);
  if (auto done = out->prepare(); !done) return fail(done.error());
  return out;
}

Expected<void> LedgerMonth::prepare() {
  if (database_.user_version() < kLedgerVersion) {
    Transaction transaction(database_);
    if (!transaction.opened()) return fail(transaction.opened().error());
    if (auto done = database_.execute(kSchema); !done) return done;
    if (auto done = database_.set_user_version(kLedgerVersion); !done) return done;
    if (auto done = transaction.commit(); !done) return done;
  }
  // A session is written once; after a failed answer to a commit the batch may come again.
  insert_session_ =
      Statement(database_, "INSERT OR REPLACE INTO sessions VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)");
  insert_turned_away_ = Statement(database_,
                                  "INSERT INTO turned_away VALUES(?1,?2,?3,?4,?5) "
                                  "ON CONFLICT DO UPDATE SET count = count + excluded.count");
  insert_contact_ = Statement(database_,
                              "INSERT INTO contacts VALUES(?1,?2,?3,?4,?5,?6,?7,?8) "
                              "ON CONFLICT DO UPDATE SET count = count + excluded.count");
  insert_word_ = Statement(database_, "INSERT INTO words(word) VALUES(?1)");
  return load_words();
}

Expected<void> LedgerMonth::load_words() {
  words_.clear();
  Statement statement(database_, "SELECT id, word FROM words");
  for (;;) {
    const auto row = statement.step();
    if (!row) return fail(row.error());
    if (!*row) return {};
    words_.emplace(std::string(statement.text(1)), statement.integer(0));
  }
}

Expected<int64_t> LedgerMonth::word(std::string_view text) {
  text = text.substr(0, kLedgerWordLength);
  auto at = words_.find(text);
  if (at == words_.end() && words_.size() >= kLedgerWords) {
    text = kOtherWord;
    at = words_.find(text);
  }
  if (at != words_.end()) return at->second;
  insert_word_.bind(1, text);
  if (auto done = insert_word_.run(); !done) return fail(done.error());
  const int64_t id = database_.last_insert_id();
  words_.emplace(text, id);
  return id;
}

Expected<void> LedgerMonth::write(const LedgerBatch& batch) {
  const auto write_all = [&]() -> Expected<void> {
    Transaction transaction(database_);
    if (!transaction.opened()) return transaction.opened();
    for (const LedgerSession& session : batch.sessions)
      if (auto done = write_session(session); !done) return done;
    for (const TurnedAway& row : batch.turned_away)
      if (auto done = write_turned_away(row); !done) return done;
    for (const Contact& row : batch.contacts)
      if (auto done = write_contact(row); !done) return done;
    return transaction.commit();
  };
  auto done = write_all();
  // Words of a transaction that was rolled back have no row.
  if (!done) (void)load_words();
  return done;
}

Expected<void> LedgerMonth::write_session(const LedgerSession& session) {
  const observe::SessionRow& row = session.row;
  const auto rule = word(row.rule);
  if (!rule) return fail(rule.error());
  const auto why = word(row.why);
  if (!why) return fail(why.error());
  insert_session_.bind(1, row.id).bind(2, row.began).bind(3, row.ended).bind(4, static_cast<int64_t>(row.port));
  insert_session_.bind(5, packed(row.address)).bind(6, session.account);
  insert_session_.bind(7, static_cast<int64_t>(row.verdict)).bind(8, static_cast<int64_t>(row.stage));
  insert_session_.bind(9, row.octets_in).bind(10, row.octets_out).bind(11, row.messages).bind(12, *rule).bind(13, *why);
  return insert_session_.run();
}

Expected<void> LedgerMonth::write_turned_away(const TurnedAway& row) {
  const auto rule = word(row.rule);
  if (!rule) return fail(rule.error());
  insert_turned_away_.bind(1, row.minute).bind(2, packed(row.address)).bind(3, static_cast<int64_t>(row.port));
  insert_turned_away_.bind(4, *rule).bind(5, row.count);
  return insert_turned_away_.run();
}

Expected<void> LedgerMonth::write_contact(const Contact& row) {
  std::array<int64_t, 3> words{};
  const std::array<std::string_view, 3> texts{row.credential, row.client, row.outcome};
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto id = word(texts[i]);
    if (!id) return fail(id.error());
    words[i] = *id;
  }
  insert_contact_.bind(1, row.hour)
      .bind(2, packed(row.address))
      .bind(3, static_cast<int64_t>(row.port))
      .bind(4, row.account);
  insert_contact_.bind(5, words[0]).bind(6, words[1]).bind(7, words[2]).bind(8, row.count);
  return insert_contact_.run();
}

Expected<void> LedgerMonth::close_for_good() {
  for (Statement* statement : {&insert_session_, &insert_turned_away_, &insert_contact_, &insert_word_})
    *statement = Statement();
  if (!database_.checkpoint(true)) return fail(ErrorCode::busy, {database_.path()});
  // Leaving WAL mode needs the file alone; it also removes the -wal and -shm files.
  auto left = database_.execute("PRAGMA journal_mode=DELETE");
  if (!left) return left;
  database_ = Database();
  return {};
}

Expected<LedgerReader> LedgerReader::open(const std::string& path, const std::string& vfs) {
  Database::Options options;
  options.read_only = true;
  options.vfs = vfs;
  auto database = Database::open(path, options);
  if (!database) return fail(database.error());
  LedgerReader out;
  out.database_ = std::move(*database);
  if (const int64_t version = out.database_.user_version(); version != kLedgerVersion)
    return fail(ErrorCode::folder_newer, {path, std::to_string(version), std::to_string(kLedgerVersion)});
  Statement statement(out.database_, "SELECT id, word FROM words");
  for (;;) {
    const auto row = statement.step();
    if (!row) return fail(row.error());
    if (!*row) return out;
    out.words_.emplace(statement.integer(0), std::string(statement.text(1)));
  }
}

std::string LedgerReader::word(int64_t id) const {
  const auto at = words_.find(id);
  return at == words_.end() ? std::string() : at->second;
}

Expected<std::vector<LedgerSession>> LedgerReader::read_sessions(Statement& statement) {
  std::vector<LedgerSession> out;
  for (;;) {
    const auto more = statement.step();
    if (!more) return fail(more.error());
    if (!*more) return out;
    LedgerSession session;
    observe::SessionRow& row = session.row;
    row.id = static_cast<uint64_t>(statement.integer(0));
    row.began = statement.integer(1);
    row.ended = statement.integer(2);
    row.port = static_cast<uint16_t>(statement.integer(3));
    row.address = unpacked(statement.blob(4));
    session.account = static_cast<uint64_t>(statement.integer(5));
    row.verdict = known(statement.integer(6), Decision::refuse, Decision::pass);
    row.stage = known(statement.integer(7), Stage::close, Stage::close);
    row.octets_in = static_cast<uint64_t>(statement.integer(8));
    row.octets_out = static_cast<uint64_t>(statement.integer(9));
    row.messages = static_cast<uint32_t>(statement.integer(10));
    row.rule = word(statement.integer(11));
    row.why = word(statement.integer(12));
    out.push_back(std::move(session));
  }
}

Expected<std::vector<LedgerSession>> LedgerReader::sessions_below(uint64_t below, size_t limit) {
  Statement statement(database_, "SELECT * FROM sessions WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
  statement.bind(1, std::min<uint64_t>(below, INT64_MAX)).bind(2, static_cast<uint64_t>(limit));
  return read_sessions(statement);
}

Expected<std::vector<LedgerSession>> LedgerReader::session(uint64_t id) {
  Statement statement(database_, "SELECT * FROM sessions WHERE id = ?1");
  statement.bind(1, id);
  return read_sessions(statement);
}

Expected<std::vector<TurnedAway>> LedgerReader::turned_away(WallTime from, WallTime to, size_t limit) {
  Statement statement(database_,
                      "SELECT * FROM turned_away WHERE minute >= ?1 AND minute < ?2 ORDER BY minute DESC LIMIT ?3");
  statement.bind(1, from).bind(2, to).bind(3, static_cast<uint64_t>(limit));
  std::vector<TurnedAway> out;
  for (;;) {
    const auto more = statement.step();
    if (!more) return fail(more.error());
    if (!*more) return out;
    out.push_back({statement.integer(0), unpacked(statement.blob(1)), static_cast<uint16_t>(statement.integer(2)),
                   word(statement.integer(3)), static_cast<uint64_t>(statement.integer(4))});
  }
}

Expected<std::vector<Contact>> LedgerReader::contacts(WallTime from, WallTime to, uint64_t account, size_t limit) {
  Statement statement(database_,
                      "SELECT * FROM contacts WHERE hour >= ?1 AND hour < ?2 AND (?3 = 0 OR account = ?3) "
                      "ORDER BY hour DESC LIMIT ?4");
  statement.bind(1, from).bind(2, to).bind(3, account).bind(4, static_cast<uint64_t>(limit));
  std::vector<Contact> out;
  for (;;) {
    const auto more = statement.step();
    if (!more) return fail(more.error());
    if (!*more) return out;
    Contact row;
    row.hour = statement.integer(0);
    row.address = unpacked(statement.blob(1));
    row.port = static_cast<uint16_t>(statement.integer(2));
    row.account = static_cast<uint64_t>(statement.integer(3));
    row.credential = word(statement.integer(4));
    row.client = word(statement.integer(5));
    row.outcome = word(statement.integer(6));
    row.count = static_cast<uint64_t>(statement.integer(7));
    out.push_back(std::move(row));
  }
}

uint64_t LedgerReader::highest() {
  return static_cast<uint64_t>(database_.scalar("SELECT coalesce(max(id), 0) FROM sessions").value_or(0));
}

uint64_t LedgerReader::count() {
  return static_cast<uint64_t>(database_.scalar("SELECT count(*) FROM sessions").value_or(0));
}

}  // namespace postern::store
