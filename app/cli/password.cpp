#include "cli/password.h"

#include <istream>
#include <optional>
#include <ostream>

#include "cli/exit_code.h"

namespace postern::cli {
namespace {

constexpr size_t kPasswordLimit = 1024;  // octets; the core's own limit is lower
constexpr Text kNoTerminal{"There is no terminal to ask for the password: give it with --password-stdin.",
                           "没有终端可输入密码：请使用 --password-stdin。"};
constexpr Text kPassword{"Password: ", "密码："};
constexpr Text kAgain{"Once more: ", "再次输入："};
constexpr Text kNoPassword{"No password was given.", "未提供密码。"};
constexpr Text kDiffer{"The two passwords differ; nothing was done.", "两次输入的密码不同，未做任何操作。"};

bool refuse(Context& context, const char* reason, int& exit) {
  exit = context.finish(Error{ErrorCode::bad_password, {reason}});
  return false;
}

bool misused(Context& context, const Text& text, int& exit) {
  exit = context.usage(text);
  return false;
}

}  // namespace

bool read_line(std::istream& in, std::string& line, size_t limit) {
  line.clear();
  int octet = 0;
  bool any = false;
  while ((octet = in.get()) != std::istream::traits_type::eof()) {
    any = true;
    if (octet == '\n') break;
    if (line.size() > limit) return false;
    line += static_cast<char>(octet);
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return any;
}

bool read_password(Context& context, bool from_stdin, bool is_new, std::string& password, int& exit) {
  Terminal& terminal = context.terminal();
  if (from_stdin) {
    if (!read_line(terminal.in(), password, kPasswordLimit))
      return refuse(context, password.empty() ? "empty" : "too long", exit);
  } else if (terminal.can_ask()) {
    const auto first = terminal.ask_hidden(kPassword.in(context.language()));
    const auto second = first && is_new ? terminal.ask_hidden(kAgain.in(context.language())) : first;
    if (!first || !second) return misused(context, kNoPassword, exit);
    if (*first != *second) return misused(context, kDiffer, exit);
    password = *first;
  } else {
    return misused(context, kNoTerminal, exit);
  }
  return password.empty() ? refuse(context, "empty", exit) : true;
}

}  // namespace postern::cli
