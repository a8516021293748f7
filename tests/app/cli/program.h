// Runs the command line as a process of its own: by default the one whose core keeps no mail (fake_core.cpp).
#pragma once

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

namespace postern::test {

constexpr int kPatience = 20'000;  // ms until a test that waits in vain fails

struct Ran {
  int exit = -1;
  QString out, err;

  QJsonObject json() const {
    // One object on one line.
    return out.count('\n') == 1 && out.endsWith('\n') ? QJsonDocument::fromJson(out.toUtf8()).object() : QJsonObject();
  }
  QJsonObject error() const { return json()["error"].toObject(); }
};

class Program {
 public:
  explicit Program(const char* program = POSTERN_FAKE_PROGRAM) : program_(program) { write("requests", ""); }

  QString data() const { return folder_.path(); }
  QProcessEnvironment environment() const {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("LC_ALL", "C");
    environment.insert("HOME", folder_.path());
    return environment;
  }

  /// Words on the command line, after "--data FOLDER".
  Ran run(const QStringList& words, const QByteArray& input = {}) const {
    return run_plain(QStringList{"--data", data()} + words, input);
  }
  Ran run_plain(const QStringList& words, const QByteArray& input = {}) const {
    QProcess process;
    process.setProcessEnvironment(environment());
    process.start(program_, words);
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(kPatience) || process.exitStatus() != QProcess::NormalExit) return {};
    return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
  }

  void write(const QString& name, const QByteArray& text) const {
    QFile file(folder_.filePath(name));
    if (file.open(QIODevice::WriteOnly)) file.write(text);
  }
  QString read(const QString& name) const {
    QFile file(folder_.filePath(name));
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
  }
  /// What the core was asked, without "start" and "stop".
  QStringList requests() const {
    QStringList lines = read("requests").split('\n', Qt::SkipEmptyParts);
    lines.removeAll("start");
    lines.removeAll("start listening");
    lines.removeAll("stop");
    return lines;
  }
  QJsonObject only_request() const {
    const QStringList all = requests();
    return all.size() == 1 ? QJsonDocument::fromJson(all.front().toUtf8()).object() : QJsonObject();
  }

 private:
  const char* program_;
  QTemporaryDir folder_;
};

}  // namespace postern::test
