#include "cli/verb.h"

namespace postern::cli {

using namespace api;

std::vector<Verb> audit_verbs() {
  return {
      request_verb<AuditList>(
          {"List the entries, newest first", "列出条目（最新在前）"},
          [](Command& command, AuditList& request) { declare_list(command, request.cursor, request.limit); }),
      request_verb<AuditShow>({"Show an entry with its content", "显示条目及其内容"},
                              [](Command& command, AuditShow& request) {
                                command.argument("SEQ", request.seq, {"The entry's number", "条目序号"});
                              }),
      request_verb<AuditVerify>({"Check the whole chain", "校验整条审计链"}),
  };
}

}  // namespace postern::cli
