#include "cli/terminal.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <system_error>

namespace postern::cli {
namespace {

constexpr const char* kTerminal = "/dev/tty";
constexpr size_t kLineLimit = 4096;  // octets of a typed line

/// The controlling terminal with its echo off, as long as this lives.
class QuietTerminal {
 public:
  QuietTerminal() : file_(::open(kTerminal, O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (file_ < 0 || ::tcgetattr(file_, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    quiet_ = ::tcsetattr(file_, TCSAFLUSH, &quiet) == 0;
  }
  ~QuietTerminal() {
    if (quiet_) ::tcsetattr(file_, TCSAFLUSH, &before_);
    if (file_ >= 0) ::close(file_);
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;

  bool is_quiet() const { return quiet_; }
  void show(const std::string& text) const {
    if (::write(file_, text.data(), text.size()) < 0) return;  // the reading then fails as well
  }
  std::optional<std::string> read_line() const {
    std::string line;
    char octet = 0;
    while (line.size() <= kLineLimit) {
      if (::read(file_, &octet, 1) != 1) return std::nullopt;
      if (octet == '\n') return line;
      line += octet;
    }
    return std::nullopt;
  }

 private:
  int file_;
  termios before_{};
  bool quiet_ = false;
};

class SystemTerminal final : public Terminal {
 public:
  std::istream& in() override { return std::cin; }
  std::ostream& out() override { return std::cout; }
  std::ostream& err() override { return std::cerr; }
  bool can_ask() override { return ::isatty(STDIN_FILENO) == 1; }
  std::optional<std::string> ask_hidden(const std::string& prompt) override {
    const QuietTerminal terminal;
    if (!terminal.is_quiet()) return std::nullopt;  // better no answer than one on the screen
    terminal.show(prompt);
    return terminal.read_line();
  }
};

}  // namespace

std::unique_ptr<Terminal> system_terminal() {
  return std::make_unique<SystemTerminal>();
}

std::string own_program() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 && static_cast<size_t>(size) < path.size() ? std::string(path.data(), static_cast<size_t>(size))
                                                             : std::string();
}

void run_program(const std::string& path) {
  char* const arguments[] = {const_cast<char*>(path.c_str()), nullptr};
  ::execv(path.c_str(), arguments);
}

}  // namespace postern::cli
