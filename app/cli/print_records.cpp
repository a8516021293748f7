// Audit entries and sessions.
#include "cli/print.h"
#include "cli/printable.h"

namespace postern::cli {
namespace {

constexpr Text kTime{"TIME", "时间"};

std::string verdict_line(const api::StageVerdict& verdict) {
  std::string out = verdict.gate + " " + verdict.decision;
  if (!verdict.rule.empty()) out += " " + verdict.rule;
  if (verdict.score != 0) out += " (" + std::to_string(verdict.score) + ")";
  if (!verdict.reason.empty()) out += ": " + verdict.reason;
  return out;
}

}  // namespace

std::string text_of(const api::AuditReply& reply, Language language) {
  Table table(heads({{"SEQ", "序号"}, kTime, {"BY", "操作者"}, {"VIA", "途径"}, {"ACTION", "操作"}, {"OBJECT", "对象"}},
                    language));
  for (const api::AuditRow& entry : reply.entries)
    table.add({entry.seq, entry.time, entry.actor, entry.via, entry.action, entry.object});
  return table.text() + rest_of_list(reply.next, language);
}

std::string text_of(const api::AuditEntryReply& reply, Language language) {
  Facts facts(language);
  facts.add({"Entry", "条目"}, reply.seq);
  facts.add({"Time", "时间"}, reply.time);
  facts.add({"By", "操作者"}, reply.actor);
  facts.add({"Via", "途径"}, reply.via);
  facts.add({"Action", "操作"}, reply.action);
  facts.add({"Object", "对象"}, reply.object);
  facts.add({"Commitment", "承诺值"}, reply.commitment);
  facts.add({"Chain", "链值"}, reply.hash);
  constexpr Text kErased{"The content was erased.", "内容已被抹除。"};
  return facts.text() + "\n" + (reply.payload ? indented(*reply.payload) : std::string(kErased.in(language))) + "\n";
}

std::string text_of(const api::AuditVerifyReply& reply, Language language) {
  constexpr Text kGood{"The audit chain verifies: {0} entries.", "审计链校验通过：{0} 个条目。"};
  constexpr Text kBad{"The audit chain does not verify[: entry {1} was {2}]. {0} entries were read.",
                      "审计链校验失败[：条目 {1}（{2}）]。共读取 {0} 个条目。"};
  std::vector<std::string> args{std::to_string(reply.entries)};
  if (reply.first_bad) args.insert(args.end(), {printable(reply.first_bad->seq), printable(reply.first_bad->kind)});
  return fill_in(reply.ok ? kGood : kBad, language, args) + "\n";
}

std::string text_of(const api::SessionsReply& reply, Language language) {
  Table table(heads({{"ID", "编号"},
                     {"BEGAN", "开始"},
                     {"PORT", "端口"},
                     {"ADDRESS", "地址"},
                     {"USER", "用户"},
                     {"STAGE", "阶段"},
                     {"VERDICT", "判定"},
                     {"RULE", "规则"},
                     {"END", "结束原因"}},
                    language));
  constexpr Text kOpen{"open", "进行中"};
  for (const api::SessionInfo& session : reply.sessions)
    table.add({session.id, session.began, std::to_string(session.port), session.address,
               session.user.empty() ? "-" : session.user, session.stage, session.verdict,
               session.rule.empty() ? "-" : session.rule,
               session.ended ? session.why : std::string(kOpen.in(language))});
  return table.text() + rest_of_list(reply.next, language);
}

std::string text_of(const api::SessionReply& reply, Language language) {
  Facts facts(language);
  facts.add({"Session", "会话"}, reply.id);
  facts.add({"Port", "端口"}, reply.port);
  facts.add({"Address", "地址"}, reply.address);
  facts.add({"User", "用户"}, reply.user);
  facts.add({"Name given", "声明名称"}, reply.helo);
  facts.add({"Encryption", "加密"}, reply.tls);
  facts.add({"Verdict", "判定"}, reply.verdict);
  facts.add({"Began", "开始"}, reply.began);
  facts.add({"Ended", "结束"}, reply.ended.value_or(""));
  facts.add({"End", "结束原因"}, reply.why);
  facts.add({"Messages", "邮件"}, reply.messages);
  facts.add({"Other sessions", "其他会话"}, joined(reply.others));
  std::string out = facts.text() + "\n";
  Table stages(heads({{"STAGE", "阶段"}, {"AFTER MS", "毫秒"}, {"VERDICTS", "判定"}}, language));
  for (const api::SessionStage& stage : reply.stages) {
    stages.add(
        {stage.stage, std::to_string(stage.ms), stage.verdicts.empty() ? "" : verdict_line(stage.verdicts.front())});
    for (size_t i = 1; i < stage.verdicts.size(); ++i) stages.add({"", "", verdict_line(stage.verdicts[i])});
  }
  out += stages.text() + "\n";
  for (const std::string& line : reply.transcript) out += printable(line) + "\n";
  return out;
}

}  // namespace postern::cli
