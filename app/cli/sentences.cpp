#include "cli/sentences.h"

#include <algorithm>
#include <iterator>

#include "cli/printable.h"

namespace postern::cli {
namespace {

struct Sentence {
  ErrorCode code;
  Text text;
};

// Arguments: see the comments in postern/error.h.
constexpr Sentence kRequests[] = {
    {ErrorCode::internal,
     {"Something went wrong inside Postern: {0}. This is a defect; please report it.",
      "Postern 内部出错：{0}。这是程序缺陷，请反馈。"}},
    {ErrorCode::bad_input, {"{0} cannot be understood: {1}.", "无法理解 {0}：{1}。"}},
    {ErrorCode::bad_address, {"\"{0}\" is not a mail address.", "“{0}”不是邮件地址。"}},
    {ErrorCode::bad_domain, {"\"{0}\" is not a domain name[: {1}].", "“{0}”不是域名[：{1}]。"}},
    {ErrorCode::bad_password, {"This password cannot be used: {0}.", "此密码不可用：{0}。"}},
    {ErrorCode::not_found, {"\"{0}\" was not found.", "找不到“{0}”。"}},
    {ErrorCode::already_exists, {"{0} exists already.", "{0} 已经存在。"}},
    {ErrorCode::not_allowed,
     {"Your role does not allow this; it takes the role \"{0}\".", "您的角色无权这样做，需要角色“{0}”。"}},
    {ErrorCode::unknown_domain, {"{0} is not a domain of this server.", "{0} 不是本服务器的域名。"}},
    {ErrorCode::last_administrator,
     {"{0} is the last administrator and has to stay.", "{0} 是最后一位管理员，必须保留。"}},
    {ErrorCode::conflict,
     {"{0} was changed in the meantime; nothing was done. Look at it and try again.",
      "{0} 在此期间已被更改，未做任何操作。请查看后重试。"}},
    {ErrorCode::pending,
     {"Change {0} still waits for its confirmation until {1}; confirm or undo it first.",
      "更改 {0} 仍在等待确认（截止 {1}），请先确认或撤销。"}},
    {ErrorCode::too_large, {"{0} is too large; the limit is {1}.", "{0} 过大，上限为 {1}。"}},
    {ErrorCode::too_many, {"Too many: {0}; the limit is {1}.", "{0} 过多，上限为 {1}。"}},
    {ErrorCode::irreversible, {"{0} cannot be undone.", "{0} 无法撤销。"}},
    {ErrorCode::busy, {"Postern is busy ({0}); try again in a moment.", "Postern 正忙（{0}），请稍后重试。"}},
    {ErrorCode::cancelled, {"{0} was cancelled.", "{0} 已取消。"}},
    {ErrorCode::chain_broken,
     {"The audit chain does not verify: entry {0} was {1}.", "审计链校验失败：条目 {0}（{1}）。"}},
    {ErrorCode::mailbox_full, {"The mailbox {0} is full.", "邮箱 {0} 已满。"}},
    {ErrorCode::message_too_large, {"The message is larger than {0} octets.", "邮件大于 {0} 字节。"}},
};

constexpr Sentence kPlaces[] = {
    {ErrorCode::folder_missing,
     {"There is no data folder {0}. \"postern init\" makes one.", "数据文件夹 {0} 不存在。可用“postern init”创建。"}},
    {ErrorCode::folder_not_empty,
     {"The folder {0} is not empty; nothing was touched.", "文件夹 {0} 不为空，未做任何改动。"}},
    {ErrorCode::folder_unreadable, {"The data folder {0} cannot be read: {1}.", "无法读取数据文件夹 {0}：{1}。"}},
    {ErrorCode::folder_locked,
     {"Another Postern[ (process {1})] is using the data folder {0}.",
      "另一个 Postern[（进程 {1}）]正在使用数据文件夹 {0}。"}},
    {ErrorCode::folder_read_only, {"The data folder {0} cannot be written to.", "数据文件夹 {0} 不可写。"}},
    {ErrorCode::folder_newer,
     {"The data folder {0} was made by a newer Postern (version {1}, this one knows {2}); nothing was touched.",
      "数据文件夹 {0} 由更新版本的 Postern 创建（版本 {1}，本程序支持到 {2}），未做任何改动。"}},
    {ErrorCode::folder_damaged, {"The data folder {0} is damaged: {1}.", "数据文件夹 {0} 已损坏：{1}。"}},
    {ErrorCode::not_initialised,
     {"{0} is no data folder of Postern yet. \"postern init\" makes one.",
      "{0} 还不是 Postern 的数据文件夹。可用“postern init”创建。"}},
    {ErrorCode::key_missing, {"The key {0}, which opens the data, is missing.", "缺少打开数据所需的密钥 {0}。"}},
    {ErrorCode::key_wrong, {"The key {0} does not open this data folder.", "密钥 {0} 无法打开此数据文件夹。"}},
    {ErrorCode::disk_full, {"The disk that holds {0} is full.", "{0} 所在的磁盘已满。"}},
    {ErrorCode::io_error, {"{0} could not be read or written: {1}.", "无法读写 {0}：{1}。"}},
    {ErrorCode::port_in_use, {"{0} is already in use[ by {1}].", "{0} 已被[ {1} ]占用。"}},
    {ErrorCode::port_denied,
     {"Postern may not listen on {0}: ports below 1024 need a privilege.",
      "Postern 无权监听 {0}：1024 以下的端口需要特权。"}},
    {ErrorCode::port_unavailable, {"Postern cannot listen on {0}: {1}.", "Postern 无法监听 {0}：{1}。"}},
    {ErrorCode::certificate_broken, {"The certificate {0} cannot be used: {1}.", "证书 {0} 不可用：{1}。"}},
    {ErrorCode::certificate_mismatch,
     {"The private key in {0} does not belong to the certificate.", "{0} 中的私钥与证书不匹配。"}},
    {ErrorCode::certificate_expired, {"The certificate {0} expired on {1}.", "证书 {0} 已于 {1} 过期。"}},
    {ErrorCode::unreachable, {"No running Postern answers at {0}.", "{0} 处没有运行中的 Postern 应答。"}},
    {ErrorCode::version_mismatch,
     {"This program speaks version {0} of the control channel, the running Postern {1}: use the same version of both.",
      "本程序的控制通道版本为 {0}，运行中的 Postern 为 {1}：请使用相同版本。"}},
    {ErrorCode::access_denied, {"{0} is no administrator of this Postern.", "{0} 不是此 Postern 的管理员。"}},
    {ErrorCode::timed_out, {"{0} took too long and was given up.", "{0} 超时，已放弃。"}},
};

const Text* find(ErrorCode code) {
  const auto is_code = [code](const Sentence& s) { return s.code == code; };
  const auto* request = std::find_if(std::begin(kRequests), std::end(kRequests), is_code);
  if (request != std::end(kRequests)) return &request->text;
  const auto* place = std::find_if(std::begin(kPlaces), std::end(kPlaces), is_code);
  return place != std::end(kPlaces) ? &place->text : nullptr;
}

}  // namespace

std::string sentence(const Error& error, Language language) {
  std::vector<std::string> args = error.args;
  for (std::string& arg : args) arg = printable(arg);
  const Text* text = find(error.code);
  return text != nullptr ? fill_in(*text, language, args) : std::string(error_name(error.code));
}

}  // namespace postern::cli
