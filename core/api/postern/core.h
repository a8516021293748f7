// The core as a program sees it: make a data folder, open one in this process, serve from it, talk to it through a
// Channel. Declared here, defined in core/service: a program links service but includes only this folder.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "postern/channel.h"
#include "postern/error.h"
#include "postern/outcome.h"

namespace postern::api {

/// Where the data is and where its key is. Empty fields: the defaults of this user or of the system service.
struct Place {
  std::string folder;
  std::string kek_file;  ///< key-encryption key, never inside the folder; "" = found by rule (see
                         ///< core/adapters/platform/places.h)
};

/// Which folder the options name, and where a running core for it would answer.
Place default_place();
/// The control socket of the core that serves `place` ("<folder>/control.sock" or /run/postern/control.sock).
std::string control_socket(const Place& place);

struct InitRequest {
  std::string domain;
  std::string administrator;
  std::string password;  ///< wiped by the callee
};

/// Makes the folder, its key, the own CA and certificate, the domain, the administrator and the mailbox NAME@D.
/// Nothing is left behind when it fails. Blocks; not for the GUI thread.
Outcome<std::monostate> initialise(const Place& place, InitRequest request);

struct ServeOptions {
  bool listen = true;  ///< false: a core for one command, without listeners and control socket
  std::string smtp;    ///< "A:P"; "" = from the documents
  std::string pop3;
};

/// What the listeners got; ports are the real ones.
struct Listening {
  std::string smtp, pop3;
};

/// A core in this process. Made stopped (no threads); start() and stop() block, each with a deadline; any thread but
/// the GUI's.
class Core {
 public:
  virtual ~Core() = default;
  /// Locks the folder, migrates, verifies, settles, opens the listeners last. On failure everything is undone.
  virtual Outcome<Listening> start(const ServeOptions& options) = 0;
  /// Stops accepting, ends sessions, closes the stores, joins the threads; at most 20 s.
  virtual void stop() = 0;
  /// The in-process channel; valid until stop(). The caller is the owner of the process.
  virtual Channel& channel() = 0;
  /// Called (any thread) when a Stop request came in through a channel.
  virtual void on_stop_request(std::function<void()> handler) = 0;
};

std::unique_ptr<Core> make_core(const Place& place);

/// Warnings and errors of this process go to its standard error, a line each. Once, before there are threads.
void warn_on_stderr();

}  // namespace postern::api
