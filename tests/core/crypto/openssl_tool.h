// The openssl command line as a second opinion and as a maker of files that our own code never writes.
#pragma once

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <stdexcept>
#include <string>

#include "base/bytes.h"

namespace postern::test {

/// A folder for one test's files in which `openssl` runs. Throws when a command fails that has to work.
class OpensslTool {
 public:
  struct Result {
    int code = -1;
    std::string text;  ///< standard output and standard error
  };

  Result run(const QStringList& arguments) const {
    QProcess process;
    process.setWorkingDirectory(folder_.path());
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start("openssl", arguments);
    process.closeWriteChannel();
    if (!process.waitForFinished(kTimeoutMs)) throw std::runtime_error("openssl does not answer");
    return {process.exitCode(), process.readAll().toStdString()};
  }
  /// One command line of words without blanks; must succeed.
  std::string must(const QString& line) const {
    const Result result = run(line.split(' ', Qt::SkipEmptyParts));
    if (result.code != 0) throw std::runtime_error(line.toStdString() + ": " + result.text);
    return result.text;
  }
  void write(const QString& name, std::string_view octets) const {
    QFile file(folder_.filePath(name));
    if (!file.open(QIODevice::WriteOnly)) throw std::runtime_error("cannot write");
    file.write(octets.data(), static_cast<qint64>(octets.size()));
  }
  std::string read(const QString& name) const {
    QFile file(folder_.filePath(name));
    if (!file.open(QIODevice::ReadOnly)) throw std::runtime_error("cannot read " + name.toStdString());
    return file.readAll().toStdString();
  }
  /// A key and a self-signed server certificate of it: "NAME.key" and "NAME.crt".
  void self_signed(const QString& name, const QString& key_options, const QString& more = {}) const {
    must("genpkey -out " + name + ".key " + key_options);
    must("req -new -x509 -key " + name + ".key -out " + name + ".crt -subj /CN=mx.example.org -days 30 " + more);
  }

 private:
  static constexpr int kTimeoutMs = 60'000;
  QTemporaryDir folder_;
};

}  // namespace postern::test
