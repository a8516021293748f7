#include "cli/print.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/printable.h"

namespace postern::cli {
namespace {

constexpr int kJsonIndent = 2;
constexpr Text kChanged{"Change {0} was made.[ It reverts by itself at {1} unless it is confirmed.]",
                        "已作出更改 {0}。[如不确认，将于 {1} 自动还原。]"};
constexpr Text kStopping{"Postern is stopping.", "Postern 正在停止。"};
constexpr Text kKilled{"Session {0} was ended.", "会话 {0} 已结束。"};
constexpr Text kRest{"There is more: --cursor {0}", "还有更多：--cursor {0}"};

std::string line(const Text& text, Language language, std::vector<std::string> args = {}) {
  for (std::string& arg : args) arg = printable(arg);
  return fill_in(text, language, args) + "\n";
}

std::string text_of(const api::ChangeMade& reply, Language language) {
  return line(kChanged, language, {reply.change, reply.deadline.value_or("")});
}
std::string text_of(const api::StopReply&, Language language) {
  return line(kStopping, language);
}
std::string text_of(const api::SessionKilled& reply, Language language) {
  return line(kKilled, language, {reply.killed});
}
std::string text_of(const api::MetricsReply& reply, Language) {
  return reply.text;
}
std::string text_of(const api::AuthorityReply& reply, Language) {
  return reply.pem;
}
std::string text_of(const api::DocumentReply& reply, Language) {
  return indented(reply.document) + "\n";
}
std::string text_of(const api::HelloReply& reply, Language) {
  return printable(reply.build) + "\n";
}
std::string text_of(const Error& error, Language) {
  return std::string(error_name(error.code)) + "\n";
}

}  // namespace

std::string text_of(const api::Reply& reply, Language language) {
  return std::visit([language](const auto& r) { return text_of(r, language); }, reply);
}

void Facts::add(const Text& key, const std::string& value) {
  if (!value.empty()) rows_.emplace_back(key.in(language_), printable(value));
}

std::string Facts::text() const {
  size_t width = 0;
  for (const auto& [key, value] : rows_) width = std::max(width, display_width(key));
  std::string out;
  for (const auto& [key, value] : rows_) out += key + std::string(width - display_width(key) + 2, ' ') + value + "\n";
  return out;
}

std::string indented(const api::JsonText& json) {
  const auto value = nlohmann::ordered_json::parse(json.text, nullptr, false);
  if (value.is_discarded()) return printable(json.text);
  const std::string text = value.dump(kJsonIndent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string out;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (begin > 0) out += '\n';
    out += printable(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) out += (out.empty() ? "" : ", ") + item;
  return out;
}

std::vector<std::string> heads(const std::vector<Text>& texts, Language language) {
  std::vector<std::string> out;
  for (const Text& text : texts) out.emplace_back(text.in(language));
  return out;
}

std::string rest_of_list(const std::string& next, Language language) {
  return next.empty() ? std::string() : line(kRest, language, {next});
}

}  // namespace postern::cli
