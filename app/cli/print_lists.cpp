// Users, documents, changes, status.
#include "cli/print.h"
#include "cli/printable.h"

namespace postern::cli {
namespace {

constexpr Text kId{"ID", "编号"};
constexpr Text kTime{"TIME", "时间"};
constexpr Text kActor{"BY", "操作者"};
constexpr Text kReason{"REASON", "原因"};
constexpr Text kState{"STATE", "状态"};
constexpr Text kUndo{"UNDO", "撤销"};
constexpr Text kYes{"yes", "是"};
constexpr Text kNone{"none", "无"};

std::string size_text(uint64_t octets) {
  constexpr uint64_t kStep = 1024;
  constexpr const char* kUnits[] = {" B", " KiB", " MiB", " GiB", " TiB"};
  size_t unit = 0;
  uint64_t scale = 1;
  while (unit + 1 < std::size(kUnits) && octets / scale >= kStep) {
    scale *= kStep;
    ++unit;
  }
  const uint64_t tenths = octets / scale * 10 + octets % scale * 10 / scale;
  std::string out = std::to_string(tenths / 10);
  if (unit > 0) out += "." + std::to_string(tenths % 10);
  return out + kUnits[unit];
}

struct Word {
  std::string_view word;
  Text text;
};

constexpr Word kWarnings[] = {
    {"disk_full", {"the disk is full: new mail is refused for now (452)", "磁盘已满：暂时拒收新邮件（452）"}},
    {"folder_read_only",
     {"the data folder is read-only: new mail is refused for now (452)", "数据文件夹只读：暂时拒收新邮件（452）"}},
    {"audit_damaged",
     {"the audit trail was damaged: \"postern audit verify\" says where",
      "审计记录已受损：“postern audit verify”指出位置"}},
    {"upkeep_failed",
     {"a regular task failed: the service's standard error says which", "定期任务失败：详见服务的标准错误输出"}},
    {"revert_failed",
     {"a change could not be reverted in time: \"postern change list\" shows it",
      "有更改未能按时还原：见“postern change list”"}},
};
constexpr Word kWeaknesses[] = {
    {"short", {"it is short", "太短"}},
    {"common", {"it is among those that are tried first", "属于最先被尝试的密码"}},
    {"personal", {"it holds the account's own name", "包含账户自身的名称"}},
};
constexpr Text kWeak{"The new password is easily guessed: {0}.", "新密码容易被猜到：{0}。"};

/// A word that this version does not know stands for itself.
template <size_t Size>
std::string told(const Word (&words)[Size], const std::string& word, Language language) {
  for (const Word& known : words)
    if (known.word == word) return known.text.in(language);
  return word;
}

std::string user_state(const api::UserRow& user, Language language) {
  constexpr Text kRemoved{"removed", "已删除"}, kDisabled{"disabled", "已停用"}, kNoLogin{"no password", "无密码"},
      kActive{"active", "正常"};
  if (user.removed) return kRemoved.in(language);
  if (user.disabled) return kDisabled.in(language);
  return user.has_password ? kActive.in(language) : kNoLogin.in(language);
}

}  // namespace

std::string text_of(const api::StatusReply& reply, Language language) {
  Facts facts(language);
  facts.add({"State", "状态"}, reply.state);
  facts.add({"Version", "版本"}, reply.version);
  facts.add({"SMTP", "SMTP"}, reply.smtp);
  facts.add({"POP3", "POP3"}, reply.pop3);
  facts.add({"Domain", "域名"}, reply.domain);
  facts.add({"Data folder", "数据文件夹"}, reply.folder);
  facts.add({"Serving since", "服务开始于"}, reply.started);
  facts.add({"Process", "进程"}, reply.pid == 0 ? "" : std::to_string(reply.pid));
  facts.add({"Users", "用户"}, reply.users);
  facts.add({"Messages", "邮件"}, std::to_string(reply.messages) + " (" + size_text(reply.octets) + ")");
  facts.add({"Open sessions", "当前会话"}, reply.sessions);
  facts.add({"Messages accepted", "已接收邮件"}, reply.accepted);
  facts.add({"Sessions with a refusal", "有拒绝的会话"}, reply.refused);
  facts.add({"Changes to confirm", "待确认更改"}, reply.pending == 0 ? "" : std::to_string(reply.pending));
  facts.add({"Certificate until", "证书有效期至"}, reply.certificate_until);
  for (const std::string& warning : reply.warnings) facts.add({"Warning", "警告"}, told(kWarnings, warning, language));
  return facts.text();
}

std::string text_of(const api::UsersReply& reply, Language language) {
  Table table(heads({kId,
                     {"ADDRESS", "地址"},
                     {"ALIASES", "别名"},
                     kState,
                     {"LEVEL", "级别"},
                     {"MESSAGES", "邮件"},
                     {"SIZE", "大小"},
                     {"QUOTA", "配额"}},
                    language));
  for (const api::UserRow& user : reply.users)
    table.add({user.id, user.address, joined(user.aliases), user_state(user, language), user.level,
               std::to_string(user.messages), size_text(user.octets),
               user.quota == 0 ? kNone.in(language) : size_text(user.quota)});
  std::string out = table.text();
  if (reply.change) out += text_of(api::Reply(api::ChangeMade{.change = *reply.change}), language);
  if (reply.weakness) out += fill_in(kWeak, language, {told(kWeaknesses, *reply.weakness, language)}) + "\n";
  return out + rest_of_list(reply.next, language);
}

std::string text_of(const api::DocumentsReply& reply, Language language) {
  Table table(
      heads({{"DOCUMENT", "文档"}, {"VERSION", "版本"}, {"CHANGED", "更改时间"}, {"CHANGE", "更改"}}, language));
  for (const api::DocumentRow& document : reply.documents)
    table.add({document.id, std::to_string(document.version), document.changed, document.change});
  return table.text() + rest_of_list(reply.next, language);
}

std::string text_of(const api::ChangesReply& reply, Language language) {
  Table table(heads({kId, kTime, kActor, kState, kUndo, {"WHAT", "内容"}, kReason}, language));
  for (const api::ChangeRow& change : reply.changes)
    table.add({change.id, change.time, change.actor, change.state, change.undo, change.summary, change.reason});
  return table.text() + rest_of_list(reply.next, language);
}

std::string text_of(const api::ChangeReply& reply, Language language) {
  Facts facts(language);
  facts.add({"Change", "更改"}, reply.id);
  facts.add({"Time", "时间"}, reply.time);
  facts.add({"By", "操作者"}, reply.actor);
  facts.add({"Via", "途径"}, reply.via);
  facts.add({"Reason", "原因"}, reply.reason);
  facts.add({"State", "状态"}, reply.state);
  facts.add({"Undo", "撤销"}, reply.undo);
  facts.add({"Reverts at", "自动还原于"}, reply.deadline.value_or(""));
  facts.add({"Undone by", "被撤销于"}, reply.undone_by.value_or(""));
  facts.add({"Undoes", "撤销了"}, reply.undoes.value_or(""));
  facts.add({"Effects", "效果"}, joined(reply.effects));
  std::string out = facts.text();
  for (const api::ChangeItem& item : reply.items) {
    out += "\n" + printable(item.kind + "/" + item.id) + "\n";
    if (item.before) out += "- " + indented(*item.before) + "\n";
    if (item.after) out += "+ " + indented(*item.after) + "\n";
  }
  return out;
}

std::string text_of(const api::CertificateReply& reply, Language language) {
  Facts facts(language);
  facts.add({"Subject", "主体"}, reply.subject);
  facts.add({"Issuer", "颁发者"}, reply.issuer);
  facts.add({"Names", "名称"}, joined(reply.names));
  facts.add({"Valid from", "生效"}, reply.from);
  facts.add({"Valid until", "到期"}, reply.until);
  facts.add({"Serial", "序列号"}, reply.serial);
  facts.add({"SHA-256", "SHA-256"}, reply.sha256);
  facts.add({"Own authority", "自有 CA"}, reply.own_authority ? kYes.in(language) : "");
  std::string out = facts.text();
  if (reply.change) out += text_of(api::Reply(api::ChangeMade{.change = *reply.change}), language);
  return out;
}

}  // namespace postern::cli
