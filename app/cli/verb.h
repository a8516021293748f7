// The verbs as a table: words, help, the options they take and what they do. One file a group; a new verb is a row in
// its group.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/context.h"

namespace postern::cli {

/// Runs after the command line was understood; the exit code.
using Action = std::function<int(Context&)>;

struct Verb {
  std::string_view words;  ///< "user add"
  Text help;
  std::function<Action(Command&)> declare;
};

/// Brings what the command line cannot carry (passwords, files) into the request. False: `exit` is the exit code.
template <class R>
using Complete = bool (*)(Context&, R&, int& exit);

/// The verb of a request: fills it from the command line, asks, prints the reply.
template <class R>
Verb request_verb(const Text& help, void (*declare)(Command&, R&) = nullptr, Complete<R> complete = nullptr) {
  return {R::kInfo.name, help, [declare, complete](Command& command) -> Action {
            auto request = std::make_shared<R>();
            if (declare != nullptr) declare(command, *request);
            return [request, complete](Context& context) {
              int exit = 0;
              if (complete != nullptr && !complete(context, *request, exit)) return exit;
              return context.finish(context.ask(std::move(*request)));
            };
          }};
}

std::vector<Verb> audit_verbs();
std::vector<Verb> certificate_verbs();
std::vector<Verb> change_verbs();
std::vector<Verb> document_verbs();
std::vector<Verb> service_verbs();
std::vector<Verb> session_verbs();
std::vector<Verb> user_verbs();
/// In the order of the help.
std::vector<Verb> all_verbs();

/// What stands behind the first word of verbs with two ("user"): its help; nullptr for others.
const Text* group_help(std::string_view word);

// Options that several verbs share.
void declare_list(Command& command, std::string& cursor, uint32_t& limit);
void declare_reason(Command& command, std::string& reason);

}  // namespace postern::cli
