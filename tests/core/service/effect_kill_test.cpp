// A process that really dies, by SIGKILL, at each edge of an effect on mail.db: after the next start the mailbox is as
// the journal says, and the effect happened once.
#include <sys/wait.h>
#include <unistd.h>

#include <QtTest>
#include <csignal>

#include "core/adapters/store/mail_fixture.h"
#include "support/engine_folder.h"

using namespace postern;
using namespace postern::change;

namespace {

/// Empties a mailbox, in one transaction with the note that it was done.
class Purge final : public Effect {
 public:
  explicit Purge(store::MailStore& mail) : mail_(mail) {}
  std::string_view verb() const override { return "mailbox.purge"; }
  Expected<Found> probe(const EffectRecord& effect) override {
    const auto done = mail_.effect_done(effect.id);
    if (!done) return fail(done.error());
    return *done ? Found::done : Found::not_done;
  }
  void perform(const EffectRecord& effect, std::function<void(EffectOutcome)> done) override {
    ++performed;
    const auto purged = test::wait_for<void>(
        [&](mail::Done<void> answer) { mail_.purge_mailbox(test::kAlice, effect.id, effect.time, std::move(answer)); });
    done({purged, {}});
  }
  std::optional<EffectIntent> inverse(const EffectRecord&) const override { return std::nullopt; }

  int performed = 0;

 private:
  store::MailStore& mail_;
};

struct Fixture : test::EngineFolder {
  std::unique_ptr<store::MailStore> mail;
  Purge* purge = nullptr;

  bool run() {
    if (!start()) return false;
    store::MailStoreOptions options;
    options.folder = path();
    options.reserve = false;
    options.files = &platform::real_files();
    auto opened = store::MailStore::open(keys, options);
    if (!opened) return false;
    mail = std::move(*opened);
    auto effect = std::make_unique<Purge>(*mail);
    purge = effect.get();
    effects->add(std::move(effect));
    return true;
  }
  void end() {
    stop();
    mail.reset();
  }
  Proposal with_purge() const {
    Proposal out = proposal({{"thing/1", R"({"text":"gone"})"}});
    out.effects.push_back({"mailbox.purge", "mailbox/1", "", ""});
    return out;
  }
  /// In a child, which dies at the edge; 0 when it was not killed.
  int signal_of_death_at(Edge edge) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (!run()) ::_exit(2);
      effects->set_edge_hook([edge](Edge now) {
        if (now == edge) ::kill(::getpid(), SIGKILL);
      });
      const auto applied = engine->apply(with_purge());
      ::_exit(applied ? 0 : 3);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
};

}  // namespace

class EffectKillTest : public QObject {
  Q_OBJECT
 private slots:
  void killed_at_each_edge_data();
  void killed_at_each_edge();
};

void EffectKillTest::killed_at_each_edge_data() {
  QTest::addColumn<int>("edge");
  QTest::addColumn<bool>("intended");
  QTest::addColumn<int>("performed");  // by the start after it
  const auto row = [](const char* name, Edge edge, bool intended, int performed) {
    QTest::newRow(name) << static_cast<int>(edge) << intended << performed;
  };
  row("before the intent", Edge::before_intent, false, 0);
  row("after the intent", Edge::after_intent, true, 1);
  row("before it is performed", Edge::before_perform, true, 1);
  row("after it is performed", Edge::after_perform, true, 0);
  row("before its end", Edge::before_done, true, 0);
  row("after its end", Edge::after_done, true, 0);
}

void EffectKillTest::killed_at_each_edge() {
  QFETCH(int, edge);
  QFETCH(bool, intended);
  QFETCH(int, performed);
  Fixture f;
  QVERIFY(f.run());
  QVERIFY(test::deliver_to(*f.mail, "kept?\r\n", {test::kAlice, test::kBob}).has_value());
  f.end();
  QCOMPARE(f.signal_of_death_at(static_cast<Edge>(edge)), SIGKILL);
  QVERIFY(f.run());
  QVERIFY(f.effects->settle().has_value());
  QCOMPARE(f.purge->performed, performed);
  QCOMPARE(f.mail->usage(test::kAlice)->messages, uint64_t{intended ? 0U : 1U});
  QCOMPARE(f.mail->usage(test::kBob)->messages, uint64_t{1});
  QCOMPARE(f.body("thing/1").is_object(), intended);
  QVERIFY(f.store->effects_in(EffectState::intended)->empty());
  QCOMPARE(f.store->effects_in(EffectState::done)->size(), size_t{intended ? 1U : 0U});
  QVERIFY(f.verify()->ok());
  f.end();
}

QTEST_APPLESS_MAIN(EffectKillTest)
#include "effect_kill_test.moc"
