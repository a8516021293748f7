// What a program needs from the terminal it runs in; the systems' code stands in posix/ and windows/. One thread.
#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::cli {

class Terminal {
 public:
  virtual ~Terminal() = default;
  virtual std::istream& in() = 0;
  virtual std::ostream& out() = 0;
  virtual std::ostream& err() = 0;
  /// Is there somebody who could type a password?
  virtual bool can_ask() = 0;
  /// Shows `prompt` and reads a line without showing it; nothing when the input ends or the terminal refuses.
  virtual std::optional<std::string> ask_hidden(const std::string& prompt) = 0;
};

/// The terminal of this process.
std::unique_ptr<Terminal> system_terminal();

/// The program file of this process; "" when the system does not say.
std::string own_program();
/// Becomes (or runs, and ends with) the program; returns only when it cannot be started.
void run_program(const std::string& path);

}  // namespace postern::cli
