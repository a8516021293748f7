// The promise: what was acknowledged survives a power cut. At a random moment under load every write that no completed
// sync covers is dropped (in half of the rounds some of them are kept or torn, as disks do); then the store is opened
// on what is left and everything that was acknowledged is compared. Some rounds go on from what the one before left.
#include <QtTest>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "adapters/store/sqlite.h"
#include "core/adapters/store/mail_fixture.h"
#include "support/shim_disk.h"

using namespace postern;
using namespace postern::test;
using store::MailStore;

namespace {

constexpr mail::AccountId kAccounts = 3;
constexpr unsigned kSubmitters = 4;
constexpr int kDefaultRounds = 20;
constexpr int kRoundsInAChain = 4;

int rounds() {
  const int wanted = qEnvironmentVariableIntValue("POSTERN_ROUNDS");
  return wanted > 0 ? wanted : kDefaultRounds;
}

using Key = std::pair<std::string, mail::AccountId>;  ///< a message's name and one of its mailboxes

/// What the world was told.
struct Told {
  std::map<Key, std::string> stored;       ///< acknowledged
  std::set<Key> removed;                   ///< the removal was acknowledged
  std::vector<std::vector<Key>> removing;  ///< asked for, not answered yet: all or none of each
};

struct World {
  std::mutex mutex;
  Told told;
  size_t acknowledged = 0;
  std::atomic<bool> stop{false};
};

void submit(MailStore& store, World& world, unsigned seed) {
  std::mt19937 random(seed);
  for (int i = 0; !world.stop; ++i) {
    const std::string name = "m" + std::to_string(seed) + "-" + std::to_string(i);
    const size_t octets = random() % 6 == 0 ? 70'000 + random() % 300'000 : random() % 20'000;
    const std::string text = name + "\r\n" + text_of(octets, static_cast<int>(seed));
    std::vector<mail::AccountId> to{1 + random() % kAccounts};
    if (random() % 4 == 0) to.push_back(1 + to[0] % kAccounts);
    if (!deliver_to(store, text, to)) return;
    const std::lock_guard lock(world.mutex);
    for (const mail::AccountId account : to) world.told.stored[{name, account}] = text;
    ++world.acknowledged;
  }
}

/// The messages of a mailbox by name; a damaged one has no text.
std::map<std::string, std::string> contents(mail::Mailbox& mailbox) {
  std::map<std::string, std::string> out;
  for (uint32_t i = 1; i <= mailbox.count(); ++i) {
    const std::string text = read_message(mailbox, i).value_or("damaged " + std::to_string(i) + "\r\n");
    out[text.substr(0, text.find('\r'))] = text;
  }
  return out;
}

/// Fetches and deletes, as a POP3 client would: one, some or many at a time.
void fetch(MailStore& store, World& world, unsigned seed) {
  std::mt19937 random(seed);
  while (!world.stop) {
    const mail::AccountId account = 1 + random() % kAccounts;
    auto mailbox = store.open_mailbox(account);
    if (!mailbox || (*mailbox)->count() < 12) {
      std::this_thread::yield();
      continue;
    }
    std::vector<uint32_t> numbers;
    std::vector<Key> keys;
    const uint32_t many = random() % 3 == 0 ? 12 : 1 + static_cast<uint32_t>(random() % 3);
    for (uint32_t i = 1; i <= many; ++i) {
      const auto text = read_message(**mailbox, i);
      if (!text) return;
      numbers.push_back(i);
      keys.emplace_back(text->substr(0, text->find('\r')), account);
    }
    size_t place = 0;
    {
      const std::lock_guard lock(world.mutex);
      place = world.told.removing.size();
      world.told.removing.push_back(keys);
    }
    if (!remove_from(**mailbox, numbers)) return;
    const std::lock_guard lock(world.mutex);
    world.told.removed.insert(keys.begin(), keys.end());
    world.told.removing[place].clear();
  }
}

struct Outcome {
  size_t acknowledged = 0, lost = 0, changed = 0, returned = 0, halved = 0;
  uint64_t checkpoints = 0;
  std::string inconsistent;
};

std::unique_ptr<mail::Mailbox> open_when_free(MailStore& store, mail::AccountId account) {
  for (;;) {
    auto mailbox = store.open_mailbox(account);  // busy while a removal of before goes on
    if (mailbox) return std::move(*mailbox);
    if (mailbox.error().code != ErrorCode::busy) return nullptr;
    std::this_thread::yield();
  }
}

/// Compares what is there with what was told; `told` becomes what is there.
void judge(MailStore& store, Told& told, Outcome& out) {
  std::map<Key, std::string> found;
  for (mail::AccountId account = 1; account <= kAccounts; ++account) {
    auto mailbox = open_when_free(store, account);
    if (!mailbox) {
      out.inconsistent = "a mailbox does not open";
      return;
    }
    uint64_t octets = 0;
    for (auto& [name, text] : contents(*mailbox)) {
      octets += text.size();
      found[{name, account}] = std::move(text);
    }
    if (octets != mailbox->octets()) out.inconsistent = "octets of a mailbox";
  }
  // A message may be fetched and deleted before its sender has noted the acknowledgement.
  std::set<Key> in_question = told.removed;
  for (const auto& keys : told.removing) in_question.insert(keys.begin(), keys.end());
  for (const auto& [key, text] : told.stored) {
    if (in_question.contains(key)) continue;
    const auto here = found.find(key);
    out.lost += here == found.end() ? 1 : 0;
    out.changed += here != found.end() && here->second != text ? 1 : 0;
  }
  for (const Key& key : told.removed) out.returned += found.contains(key) ? 1 : 0;
  for (const auto& keys : told.removing) {
    const auto there = std::count_if(keys.begin(), keys.end(), [&found](const Key& k) { return found.contains(k); });
    if (there != 0 && there != static_cast<std::ptrdiff_t>(keys.size())) ++out.halved;
  }
  told.stored = std::move(found);
  told.removing.clear();
  told.removed.clear();
}

/// What the tables say about each other, and about blobs/.
void look_inside(MailFixture& f, Outcome& out) {
  if (f.store->status()->swept.missing > 0) out.inconsistent = "a blob is missing";
  store::Database::Options how;
  how.read_only = true;
  how.vfs = ShimDisk::kVfs;
  auto database = store::Database::open(f.path() + "/mail.db", how);
  if (!database) {
    out.inconsistent = "mail.db does not open";
    return;
  }
  const std::pair<const char*, const char*> checks[] = {
      {"counters",
       "SELECT count(*) FROM mailbox m WHERE messages<>(SELECT count(*) FROM delivery WHERE "
       "mailbox=account) OR octets<>(SELECT total(size) FROM delivery WHERE mailbox=account)"},
      {"deliveries", "SELECT count(*) FROM message WHERE deliveries<>(SELECT count(*) FROM delivery WHERE message=id)"},
      {"deliveries of nothing", "SELECT count(*) FROM delivery WHERE message NOT IN (SELECT id FROM message)"},
      {"uids", "SELECT count(*) FROM delivery, meta WHERE name='next_uid' AND uid>=value"},
      {"pages", "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check<>'ok'"}};
  for (const auto& [what, sql] : checks)
    if (database->scalar(sql).value_or(-1) != 0) out.inconsistent = what;
  if (f.blobs().size() !=
      static_cast<size_t>(database->scalar("SELECT count(*) FROM message WHERE blob=1").value_or(-1)))
    out.inconsistent = "blobs without a message";
}

struct Plan {
  unsigned seed = 1;
  bool sync = true;
  bool keep_some = false;
  ShimDisk::Faults faults;
};

bool open_on_the_shim(MailFixture& f, ShimDisk& disk, bool sync) {
  f.options.vfs = ShimDisk::kVfs;
  f.options.sync = sync;
  f.options.files = &disk.files();
  f.options.limits = {256 * 1024, 64 * 1024, 5, 512};  // the log is begun anew, removals take several transactions
  return f.open();
}

/// Load until the moment of the cut; `after` holds what is left then, `told` what was told until then. How often the
/// log was copied meanwhile.
uint64_t run_and_cut(MailFixture& before, ShimDisk& disk, const Plan& plan, Told& told, const std::string& after) {
  World world;
  world.told = std::move(told);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kSubmitters; ++i)
    threads.emplace_back([&, i] { submit(*before.store, world, plan.seed * 100 + i); });
  threads.emplace_back([&] { fetch(*before.store, world, plan.seed * 100 + 50); });
  // The moment is chosen by how much was acknowledged, not by the clock.
  std::mt19937 random(plan.seed);
  const size_t moment = 20 + random() % 150;
  for (size_t acknowledged = 0; acknowledged < moment; std::this_thread::yield()) {
    const std::lock_guard lock(world.mutex);
    acknowledged = world.acknowledged;
  }
  {
    const std::scoped_lock lock(world.mutex, disk.mutex());
    told = world.told;
    disk.cut(before.path(), after, plan.keep_some, random);
  }
  world.stop = true;
  for (auto& thread : threads) thread.join();
  const uint64_t checkpoints = before.store->status()->writer.checkpoints;
  before.store.reset();
  return checkpoints;
}

/// One round: from what `folder` holds to what is left of it, which `folder` holds afterwards.
Outcome round(std::unique_ptr<MailFixture>& folder, Told& told, const Plan& plan) {
  Outcome out;
  ShimDisk& disk = ShimDisk::fresh(platform::real_files());
  disk.adopt(folder->path());
  disk.set(plan.faults);
  if (!open_on_the_shim(*folder, disk, plan.sync)) return {0, 0, 0, 0, 0, 0, "the store does not open"};
  auto after = std::make_unique<MailFixture>();
  out.checkpoints = run_and_cut(*folder, disk, plan, told, after->path());
  out.acknowledged = told.stored.size() + told.removed.size();
  folder = std::move(after);
  ShimDisk::fresh(platform::real_files()).adopt(folder->path());
  if (!open_on_the_shim(*folder, disk, plan.sync)) return {0, told.stored.size(), 0, 0, 0, 0, "it does not open again"};
  judge(*folder->store, told, out);
  look_inside(*folder, out);
  folder->store.reset();
  return out;
}

/// Messages lost in a few rounds of a store or a disk that does not keep the promise.
size_t lost_by(const Plan& plan) {
  size_t lost = 0;
  for (unsigned i = 0; i < 4 && lost == 0; ++i) {
    auto folder = std::make_unique<MailFixture>();
    Told told;
    Plan mine = plan;
    mine.seed = 900 + i;
    const Outcome outcome = round(folder, told, mine);
    lost += outcome.lost + outcome.changed;
  }
  return lost;
}

}  // namespace

class PowerCutTest : public QObject {
  Q_OBJECT
 private slots:
  void acknowledged_messages_survive();
  void without_synchronous_full_messages_are_lost();
  void a_disk_that_lies_about_databases_loses_messages();
  void a_disk_that_lies_about_files_loses_messages();
  void a_disk_that_lies_about_folders_loses_messages();
};

void PowerCutTest::acknowledged_messages_survive() {
  size_t acknowledged = 0;
  uint64_t checkpoints = 0;
  std::unique_ptr<MailFixture> folder;
  Told told;
  for (int i = 0; i < rounds(); ++i) {
    if (i % kRoundsInAChain == 0) {
      folder = std::make_unique<MailFixture>();
      told = {};
    }
    Plan plan;
    plan.seed = static_cast<unsigned>(i + 1);
    plan.keep_some = i % 2 == 1;
    const Outcome outcome = round(folder, told, plan);
    const std::string where = "round " + std::to_string(i) + ": ";
    QVERIFY2(outcome.inconsistent.empty(), (where + outcome.inconsistent).c_str());
    QVERIFY2(outcome.lost == 0, (where + std::to_string(outcome.lost) + " lost").c_str());
    QVERIFY2(outcome.changed == 0, (where + std::to_string(outcome.changed) + " changed").c_str());
    QVERIFY2(outcome.returned == 0, (where + std::to_string(outcome.returned) + " deleted ones came back").c_str());
    QVERIFY2(outcome.halved == 0, (where + "a deletion was carried out in part").c_str());
    acknowledged += outcome.acknowledged;
    checkpoints += outcome.checkpoints;
  }
  qInfo("%zu messages compared", acknowledged);
  QVERIFY(checkpoints > 0);
  QVERIFY(acknowledged >= static_cast<size_t>(rounds()) * 20);
}

// Controls: what does not sync must fail this test.
void PowerCutTest::without_synchronous_full_messages_are_lost() {
  Plan plan;
  plan.sync = false;
  QVERIFY(lost_by(plan) > 0);
}

void PowerCutTest::a_disk_that_lies_about_databases_loses_messages() {
  Plan plan;
  plan.faults.lie_about_databases = true;
  QVERIFY(lost_by(plan) > 0);
}

void PowerCutTest::a_disk_that_lies_about_files_loses_messages() {
  Plan plan;
  plan.faults.lie_about_files = true;
  QVERIFY(lost_by(plan) > 0);
}

void PowerCutTest::a_disk_that_lies_about_folders_loses_messages() {
  Plan plan;
  plan.faults.lie_about_folders = true;
  QVERIFY(lost_by(plan) > 0);
}

QTEST_APPLESS_MAIN(PowerCutTest)
#include "power_cut_test.moc"
