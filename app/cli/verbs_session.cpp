#include "cli/verb.h"

namespace postern::cli {

using namespace api;

namespace {

constexpr Text kSessionList{
    "List the sessions, newest first\n\n"
    "A filter is one or more terms, all of which must hold:\n"
    "  port=25  address=192.0.2.0/24  user=name@example.org  verdict=refuse  state=open\n"
    "  since=2h  until=2026-01-31T00:00:00Z  text=\"no such user\"\n"
    "\"!=\" stands for the opposite. Verdicts: pass, defer, refuse. Spans: s, m, h, d.",
    "列出会话（最新在前）\n\n"
    "筛选条件可有多项，须同时满足：\n"
    "  port=25  address=192.0.2.0/24  user=name@example.org  verdict=refuse  state=open\n"
    "  since=2h  until=2026-01-31T00:00:00Z  text=\"no such user\"\n"
    "“!=”表示相反。判定：pass、defer、refuse。时间单位：s、m、h、d。"};

}  // namespace

std::vector<Verb> session_verbs() {
  static constexpr Text kId{"The session's id", "会话编号"};
  return {
      request_verb<SessionList>(kSessionList,
                                [](Command& command, SessionList& request) {
                                  command.option("--filter", "E", request.filter,
                                                 {"Only those for which the terms hold", "仅显示符合条件的会话"});
                                  declare_list(command, request.cursor, request.limit);
                                }),
      request_verb<SessionShow>(
          {"Show a session: stages, verdicts, transcript", "显示会话：阶段、判定、对话记录"},
          [](Command& command, SessionShow& request) { command.argument("ID", request.id, kId); }),
      request_verb<SessionKill>({"End an open session (cannot be undone)", "结束进行中的会话（不可撤销）"},
                                [](Command& command, SessionKill& request) {
                                  command.argument("ID", request.id, kId);
                                  declare_reason(command, request.reason);
                                }),
      request_verb<TraceSession>({"Show the newest session that has to do with a key", "显示与关键字相关的最新会话"},
                                 [](Command& command, TraceSession& request) {
                                   command.argument(
                                       "KEY", request.key,
                                       {"Session id, message id, address or user", "会话编号、邮件编号、地址或用户"});
                                 }),
  };
}

}  // namespace postern::cli
