// What a verb runs in: the global options, the terminal, and the way to a core. One thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/language.h"
#include "cli/terminal.h"
#include "postern/core.h"

namespace postern::cli {

struct Options {
  std::string data;    ///< data folder; "" = the default
  std::string attach;  ///< control socket of a running core; "" = found by the data folder
  bool json = false;
  Language language = Language::english;
};

// Another command may hold the folder for a moment, or a service that begins may not answer yet.
constexpr auto kLockPatience = std::chrono::seconds(3);
constexpr auto kLockPause = std::chrono::milliseconds(50);

class Context {
 public:
  Context(Options options, Terminal& terminal) : options_(std::move(options)), terminal_(terminal) {}
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Options& options() const { return options_; }
  Terminal& terminal() { return terminal_; }
  Language language() const { return options_.language; }
  api::Place place() const;

  /// Asks the running core, or one opened in this process for the length of the command.
  api::Reply ask(api::Request request);
  /// Asks a running core only: unreachable when there is none.
  api::Reply ask_running(api::Request request);
  /// Does a running core answer?
  bool core_answers() const;

  /// Prints a reply, or what went wrong; the exit code.
  int finish(const api::Reply& reply);
  int finish(const Error& error);
  /// Prints a finished JSON object with --json, else a text.
  int finish(const std::string& json, const std::string& text);
  /// A command line that was understood but cannot be meant.
  int usage(const Text& text, const std::vector<std::string>& args = {});
  /// What only a program can meet, not a core: a code of its own beside ErrorCode's.
  int refuse(std::string_view code, const Text& text, const std::vector<std::string>& args, ExitCode exit);

 private:
  std::string socket() const;
  api::Outcome<api::Channel*> channel();
  api::Outcome<api::Channel*> open_channel();

  const Options options_;
  Terminal& terminal_;
  std::unique_ptr<api::Channel> attached_;
  std::unique_ptr<api::Core> own_;  ///< stopped before it dies
};

/// {"error":{"code","args","text"}} on one line.
std::string error_json(std::string_view code, const std::vector<std::string>& args, const std::string& text);

}  // namespace postern::cli
