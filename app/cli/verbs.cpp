#include "cli/verb.h"
#include "serve/serve.h"

namespace postern::cli {
namespace {

struct Group {
  std::string_view word;
  Text help;
};

constexpr Group kGroups[] = {
    {"user", {"Mailboxes and their passwords, aliases and quotas", "邮箱及其密码、别名和配额"}},
    {"document", {"Settings, each a document KIND/ID", "设置，每项为一个文档 KIND/ID"}},
    {"change", {"What was changed, by whom, and undoing it", "谁更改了什么，以及如何撤销"}},
    {"session", {"Sessions of mail programs and servers, open and closed", "邮件程序与服务器的会话（进行中或已结束）"}},
    {"certificate", {"The certificate for TLS, and the own authority", "TLS 证书与自有 CA"}},
    {"audit", {"The chained record of every change", "记录每次更改的审计链"}},
};

}  // namespace

std::vector<Verb> all_verbs() {
  std::vector<Verb> verbs = service_verbs();
  verbs.push_back(serve_verb());
  for (const auto& group :
       {user_verbs(), document_verbs(), change_verbs(), session_verbs(), certificate_verbs(), audit_verbs()})
    verbs.insert(verbs.end(), group.begin(), group.end());
  return verbs;
}

const Text* group_help(std::string_view word) {
  for (const Group& group : kGroups)
    if (group.word == word) return &group.help;
  return nullptr;
}

void declare_list(Command& command, std::string& cursor, uint32_t& limit) {
  command.option("--cursor", "C", cursor, {"Go on where an earlier list ended", "从上次列表结束处继续"});
  command.number("--limit", "N", limit, {"At most this many", "最多显示的条数"});
}

void declare_reason(Command& command, std::string& reason) {
  command.option("--reason", "TEXT", reason, {"Why, for the record", "记录在案的原因"});
}

}  // namespace postern::cli
