#include "cli/language.h"

#include <cstdlib>

namespace postern::cli {
namespace {

std::string put_arguments(std::string_view pattern, const std::vector<std::string>& args, bool& all_given) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const bool is_argument = pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}' &&
                             pattern[i + 1] >= '0' && pattern[i + 1] <= '9';
    if (!is_argument) {
      out += pattern[i];
      continue;
    }
    const auto index = static_cast<size_t>(pattern[i + 1] - '0');
    if (index < args.size()) out += args[index];
    if (index >= args.size() || args[index].empty()) all_given = false;
    i += 2;
  }
  return out;
}

}  // namespace

std::optional<Language> language_from_name(std::string_view name) {
  if (name == "en") return Language::english;
  if (name == "zh_CN") return Language::chinese;
  return std::nullopt;
}

Language language_of_environment() {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    return std::string_view(value).substr(0, 2) == "zh" ? Language::chinese : Language::english;
  }
  return Language::english;
}

std::string fill_in(const Text& text, Language language, const std::vector<std::string>& args) {
  const std::string_view pattern = text.in(language);
  std::string out;
  for (size_t i = 0; i < pattern.size();) {
    bool all_given = true;
    if (pattern[i] == '[') {
      const size_t end = pattern.find(']', i);
      const std::string part = put_arguments(pattern.substr(i + 1, end - i - 1), args, all_given);
      if (all_given) out += part;
      i = end == std::string_view::npos ? pattern.size() : end + 1;
    } else {
      const size_t end = pattern.find('[', i);
      out += put_arguments(pattern.substr(i, end - i), args, all_given);
      i = end == std::string_view::npos ? pattern.size() : end;
    }
  }
  return out;
}

}  // namespace postern::cli
