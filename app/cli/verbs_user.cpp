#include "cli/password.h"
#include "cli/verb.h"

namespace postern::cli {
namespace {

using namespace api;

constexpr Text kUser{"Address, alias or id", "地址、别名或编号"};
constexpr Text kPasswordStdin{"Read the password from the first line of standard input", "从标准输入的第一行读取密码"};

/// What is asked beside the request itself.
struct PasswordOptions {
  bool from_stdin = false;
  bool ask = false;
  bool none = false;
};

Verb user_add() {
  return {UserAdd::kInfo.name, {"Make a mailbox", "创建邮箱"}, [](Command& command) -> Action {
            auto request = std::make_shared<UserAdd>();
            auto password = std::make_shared<PasswordOptions>();
            command.argument("N@D", request->address, {"Address of the new mailbox", "新邮箱的地址"});
            command.flag("--password-stdin", password->from_stdin, kPasswordStdin);
            command.flag("--no-password", password->none, {"No login until a password is set", "设置密码前不可登录"});
            command.exclude("--password-stdin", "--no-password");
            command.option("--alias", "N@D", request->aliases,
                           {"Further address; may stand several times", "附加地址，可多次使用"});
            command.size("--quota", "SIZE", request->quota,
                         {"Most it may hold (25M, 2G; 0 = no limit)", "容量上限（如 25M、2G；0 为不限）"});
            declare_reason(command, request->reason);
            return [request, password](Context& context) {
              int exit = 0;
              if (!password->none && !read_password(context, password->from_stdin, true, request->password, exit))
                return exit;
              return context.finish(context.ask(std::move(*request)));
            };
          }};
}

/// The two flags of `user set` that together say yes, no or leave it.
struct UserSetFlags {
  PasswordOptions password;
  bool enable = false;
  bool disable = false;
};

void declare_set(Command& command, UserSet& request, UserSetFlags& flags) {
  command.argument("N@D", request.user, kUser);
  command.flag("--password-stdin", flags.password.from_stdin, kPasswordStdin);
  command.flag("--ask-password", flags.password.ask, {"Ask for a new password on the terminal", "在终端中输入新密码"});
  command.flag("--no-password", flags.password.none, {"Take the password away", "移除密码"});
  command.exclude("--password-stdin", "--ask-password");
  command.exclude("--password-stdin", "--no-password");
  command.exclude("--ask-password", "--no-password");
  command.option("--add-alias", "N@D", request.add_aliases,
                 {"Further address; may stand several times", "附加地址，可多次使用"});
  command.option("--remove-alias", "N@D", request.remove_aliases,
                 {"Address to take away; may stand several times", "要移除的地址，可多次使用"});
  command.size("--quota", "SIZE", request.quota,
               {"Most it may hold (25M, 2G; 0 = no limit)", "容量上限（如 25M、2G；0 为不限）"});
  command.flag("--disable", flags.disable, {"No login, mail is still taken", "停用登录，仍接收邮件"});
  command.flag("--enable", flags.enable, {"Login again", "恢复登录"});
  command.exclude("--disable", "--enable");
  command.option("--level", "L0-L3", request.level, {"What a login takes", "登录要求的级别"});
  declare_reason(command, request.reason);
}

bool changes_nothing(const UserSet& request) {
  UserSet empty;
  empty.user = request.user;
  empty.reason = request.reason;
  return request == empty;
}

Verb user_set() {
  return {UserSet::kInfo.name, {"Change a mailbox", "更改邮箱"}, [](Command& command) -> Action {
            auto request = std::make_shared<UserSet>();
            auto flags = std::make_shared<UserSetFlags>();
            declare_set(command, *request, *flags);
            return [request, flags](Context& context) {
              int exit = 0;
              if (flags->enable || flags->disable) request->disabled = flags->disable;
              const PasswordOptions& password = flags->password;
              if (password.none) request->password.emplace();
              if ((password.from_stdin || password.ask) &&
                  !read_password(context, password.from_stdin, true, request->password.emplace(), exit))
                return exit;
              if (changes_nothing(*request))
                return context.usage({"Nothing to change was named.", "没有指定要更改的内容。"});
              return context.finish(context.ask(std::move(*request)));
            };
          }};
}

}  // namespace

std::vector<Verb> user_verbs() {
  return {
      user_add(),
      request_verb<UserList>(
          {"List the mailboxes", "列出邮箱"},
          [](Command& command, UserList& request) {
            command.flag("--removed", request.removed, {"Also those that were removed", "包括已删除的邮箱"});
            declare_list(command, request.cursor, request.limit);
          }),
      request_verb<UserShow>({"Show a mailbox", "显示邮箱"},
                             [](Command& command, UserShow& request) { command.argument("N@D", request.user, kUser); }),
      user_set(),
      request_verb<UserRemove>({"Remove a mailbox; it can be restored", "删除邮箱（可恢复）"},
                               [](Command& command, UserRemove& request) {
                                 command.argument("N@D", request.user, kUser);
                                 declare_reason(command, request.reason);
                               }),
      request_verb<UserRestore>({"Bring a removed mailbox back", "恢复已删除的邮箱"},
                                [](Command& command, UserRestore& request) {
                                  command.argument("N@D", request.user, kUser);
                                  declare_reason(command, request.reason);
                                }),
  };
}

}  // namespace postern::cli
