// A password typed on a terminal: asked twice, never shown.
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "app/cli/program.h"

using namespace postern::test;

namespace {

/// The program on a terminal of its own.
class OnTerminal {
 public:
  explicit OnTerminal(const QStringList& words) {
    std::vector<QByteArray> texts{POSTERN_FAKE_PROGRAM};
    for (const QString& word : words) texts.push_back(word.toUtf8());
    std::vector<char*> arguments;
    for (QByteArray& text : texts) arguments.push_back(text.data());
    arguments.push_back(nullptr);
    child_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (child_ != 0) return;
    ::setenv("LC_ALL", "C", 1);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
  }
  ~OnTerminal() {
    ::kill(child_, SIGKILL);
    if (!ended_) ::waitpid(child_, nullptr, 0);
    ::close(terminal_);
  }
  /// Reads until `text` was shown.
  bool shows(const char* text) {
    std::array<char, 256> buffer{};
    while (!screen_.contains(text)) {
      const ssize_t got = ::read(terminal_, buffer.data(), buffer.size());
      if (got <= 0) return false;
      screen_.append(buffer.data(), got);
    }
    return true;
  }
  void type(const QByteArray& text) const {
    QVERIFY(::write(terminal_, text.data(), static_cast<size_t>(text.size())) == text.size());
  }
  int exit_code() {
    std::array<char, 256> buffer{};
    for (ssize_t got = 0; (got = ::read(terminal_, buffer.data(), buffer.size())) > 0;)
      screen_.append(buffer.data(), got);
    int status = 0;
    ::waitpid(child_, &status, 0);
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const QByteArray& screen() const { return screen_; }

 private:
  int terminal_ = -1;
  pid_t child_ = -1;
  bool ended_ = false;
  QByteArray screen_;
};

}  // namespace

class TerminalTest : public QObject {
  Q_OBJECT
 private slots:
  void asked_twice_and_never_shown();
  void two_that_differ();
  void an_empty_one();
};

void TerminalTest::asked_twice_and_never_shown() {
  const Program program;
  OnTerminal postern({"--data", program.data(), "user", "add", "a@b"});
  QVERIFY(postern.shows("Password: "));
  postern.type("tr0ub4dor\n");
  QVERIFY(postern.shows("Once more: "));
  postern.type("tr0ub4dor\n");
  QCOMPARE(postern.exit_code(), 0);
  QVERIFY2(!postern.screen().contains("tr0ub4dor"), postern.screen().constData());
  QCOMPARE(program.only_request()["body"].toObject()["password"].toString(), QString("tr0ub4dor"));
}

void TerminalTest::two_that_differ() {
  const Program program;
  OnTerminal postern({"--data", program.data(), "user", "add", "a@b"});
  QVERIFY(postern.shows("Password: "));
  postern.type("tr0ub4dor\n");
  QVERIFY(postern.shows("Once more: "));
  postern.type("tr0ub4dot\n");
  QCOMPARE(postern.exit_code(), 2);
  QVERIFY(postern.screen().contains("differ"));
  QVERIFY(!postern.screen().contains("tr0ub4do"));
  QCOMPARE(program.requests(), QStringList());
}

void TerminalTest::an_empty_one() {
  const Program program;
  OnTerminal postern({"--data", program.data(), "user", "set", "a@b", "--ask-password"});
  QVERIFY(postern.shows("Password: "));
  postern.type("\n");
  QVERIFY(postern.shows("Once more: "));
  postern.type("\n");
  QCOMPARE(postern.exit_code(), 1);
  QCOMPARE(program.requests(), QStringList());
}

QTEST_GUILESS_MAIN(TerminalTest)
#include "terminal_test.moc"
