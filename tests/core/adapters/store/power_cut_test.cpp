// The promise: what was acknowledged survives a power cut. Every write that no completed sync covers is dropped at a random
// moment under load; then the store is opened on what is left.
#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <future>
#include <map>
#include <random>
#include <thread>

#include "adapters/platform/files.h"
#include "adapters/store/mail_store.h"
#include "crypto/random.h"
#include "support/shim_files.h"
#include "support/shim_vfs.h"

using namespace postern;
using store::MailStore;

namespace {

constexpr mail::AccountId kAccounts = 3;
constexpr unsigned kSubmitters = 4;
constexpr int kDefaultRounds = 20;

int rounds() {
  const int wanted = qEnvironmentVariableIntValue("POSTERN_ROUNDS");
  return wanted > 0 ? wanted : kDefaultRounds;
}

std::shared_ptr<const crypto::KeyRing> test_keys() {
  static const auto keys = [] {
    crypto::AeadKey kek{};
    crypto::random_bytes(kek);
    return *crypto::KeyRing::open(kek, {crypto::make_data_key(kek, 1, 0)}, "test");
  }();
  return keys;
}

std::string message_text(const std::string& name, size_t octets) {
  std::string out = name + "\r\n";
  while (out.size() < octets) out += "0123456789 " + std::to_string(out.size()) + "\r\n";
  return out;
}

/// What the world was told.
struct Acknowledged {
  std::mutex mutex;
  std::map<std::string, std::pair<mail::AccountId, std::string>> stored;  ///< name → mailbox, text
  std::set<std::string> removing, removed;
};

template <class T, class Start>
Expected<T> wait_for(Start start) {
  std::promise<Expected<T>> promise;
  start([&promise](Expected<T> done) { promise.set_value(std::move(done)); });
  return promise.get_future().get();
}

void submit(MailStore& store, Acknowledged& told, std::atomic<bool>& stop, unsigned seed) {
  std::mt19937 random(seed);
  for (int i = 0; !stop; ++i) {
    const std::string name = "m" + std::to_string(seed) + "-" + std::to_string(i);
    const size_t octets = random() % 6 == 0 ? 70'000 + random() % 300'000 : random() % 20'000;
    const std::string text = message_text(name, octets);
    auto draft = store.begin();
    draft->append(as_bytes(text));
    if (draft->wants_flush() && !wait_for<void>([&](mail::Done<void> done) { draft->flush(std::move(done)); })) return;
    mail::Delivery delivery;
    const mail::AccountId account = 1 + random() % kAccounts;
    delivery.mailboxes = {account};
    const auto stored = wait_for<uint64_t>([&](mail::Done<uint64_t> done) { draft->commit(std::move(delivery), std::move(done)); });
    if (!stored) return;
    const std::lock_guard lock(told.mutex);
    told.stored[name] = {account, text};
  }
}

std::string read_all(mail::Mailbox& mailbox, uint32_t number) {
  auto reader = mailbox.open(number);
  if (!reader) return "<unreadable>";
  std::string out;
  for (;;) {
    const auto chunk = (*reader)->next();
    if (!chunk) return "<damaged>";
    if (chunk->empty()) return out;
    out += as_text(*chunk);
  }
}

/// Fetches and deletes, as a POP3 client would.
void fetch(MailStore& store, Acknowledged& told, std::atomic<bool>& stop, unsigned seed) {
  std::mt19937 random(seed);
  while (!stop) {
    auto mailbox = store.open_mailbox(1 + random() % kAccounts);
    if (!mailbox || (*mailbox)->count() < 3) {
      std::this_thread::yield();
      continue;
    }
    const std::string text = read_all(**mailbox, 2);
    const std::string name = text.substr(0, text.find('\r'));
    {
      const std::lock_guard lock(told.mutex);
      told.removing.insert(name);
    }
    if (!wait_for<void>([&](mail::Done<void> done) { (*mailbox)->remove({2}, std::move(done)); })) return;
    const std::lock_guard lock(told.mutex);
    told.removed.insert(name);
  }
}

struct Found {
  std::map<std::string, std::string> texts;
  bool consistent = true;
};

Found look(const std::string& folder) {
  store::MailStoreOptions options;
  options.folder = folder;
  options.reserve = false;
  options.files = &platform::real_files();
  auto store = MailStore::open(test_keys(), options);
  Found out;
  if (!store) {
    out.consistent = false;
    return out;
  }
  for (mail::AccountId account = 1; account <= kAccounts; ++account) {
    auto mailbox = (*store)->open_mailbox(account);
    uint64_t octets = 0;
    for (uint32_t i = 1; i <= (*mailbox)->count(); ++i) {
      const std::string text = read_all(**mailbox, i);
      octets += text.size();
      out.texts[text.substr(0, text.find('\r'))] = text;
    }
    out.consistent = out.consistent && octets == (*mailbox)->octets();
  }
  return out;
}

struct Outcome {
  size_t acknowledged = 0, lost = 0, changed = 0, returned = 0;
  bool consistent = true;
};

Outcome judge(const Acknowledged& told, const Found& found) {
  Outcome out;
  out.consistent = found.consistent;
  out.acknowledged = told.stored.size();
  for (const auto& [name, message] : told.stored) {
    const auto here = found.texts.find(name);
    if (told.removed.contains(name)) {
      out.returned += here == found.texts.end() ? 0 : 1;
    } else if (here == found.texts.end()) {
      out.lost += told.removing.contains(name) ? 0 : 1;
    } else {
      out.changed += here->second == message.second ? 0 : 1;
    }
  }
  return out;
}

Outcome round(unsigned seed, bool sync) {
  QTemporaryDir before, after;
  auto& vfs = test::PowerCutVfs::fresh();
  test::PowerCutFiles files(platform::real_files(), vfs.mutex());
  files.honour_syncs(sync);
  store::MailStoreOptions options;
  options.folder = before.path().toStdString();
  options.vfs = test::PowerCutVfs::kName;
  options.sync = sync;
  options.reserve = false;
  options.files = &files;
  auto store = MailStore::open(test_keys(), options);
  if (!store) return {0, 1, 0, 0, false};
  Acknowledged told;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kSubmitters; ++i) threads.emplace_back([&, i] { submit(**store, told, stop, seed * 100 + i); });
  threads.emplace_back([&] { fetch(**store, told, stop, seed * 100 + 50); });
  // The moment is chosen by how much was acknowledged, not by the clock.
  const size_t moment = 20 + std::mt19937(seed)() % 200;
  for (size_t acknowledged = 0; acknowledged < moment; std::this_thread::yield()) {
    const std::lock_guard lock(told.mutex);
    acknowledged = told.stored.size();
  }
  Acknowledged at_the_cut;
  {
    const std::scoped_lock lock(vfs.mutex(), told.mutex);
    at_the_cut.stored = told.stored;
    at_the_cut.removing = told.removing;
    at_the_cut.removed = told.removed;
    vfs.cut(options.folder, after.path().toStdString());
    files.cut(options.folder, after.path().toStdString());
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  store->reset();
  return judge(at_the_cut, look(after.path().toStdString()));
}

}  // namespace

class PowerCutTest : public QObject {
  Q_OBJECT
 private slots:
  void acknowledged_messages_survive();
  void without_syncs_messages_are_lost();
};

void PowerCutTest::acknowledged_messages_survive() {
  size_t acknowledged = 0;
  for (int i = 0; i < rounds(); ++i) {
    const Outcome outcome = round(static_cast<unsigned>(i + 1), true);
    QVERIFY2(outcome.consistent, ("round " + std::to_string(i) + ": counters").c_str());
    QVERIFY2(outcome.lost == 0, ("round " + std::to_string(i) + ": " + std::to_string(outcome.lost) + " lost").c_str());
    QVERIFY2(outcome.changed == 0, ("round " + std::to_string(i) + ": changed").c_str());
    QVERIFY2(outcome.returned == 0, ("round " + std::to_string(i) + ": a deleted one came back").c_str());
    acknowledged += outcome.acknowledged;
  }
  QVERIFY(acknowledged >= static_cast<size_t>(rounds()) * 20);
}

/// The control: a store that does not sync must fail this test.
void PowerCutTest::without_syncs_messages_are_lost() {
  size_t lost = 0;
  for (unsigned i = 0; i < 3 && lost == 0; ++i) lost += round(900 + i, false).lost;
  QVERIFY(lost > 0);
}

QTEST_APPLESS_MAIN(PowerCutTest)
#include "power_cut_test.moc"
