// Texts in both languages stand where they are used: a Text cannot be written without its translation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::cli {

enum class Language : uint8_t { english, chinese };

/// UTF-8, plain. "{0}", "{1}" … are arguments; a part in "[…]" is left out when an argument inside it is empty.
struct Text {
  const char* english = "";
  const char* chinese = "";

  const char* in(Language language) const { return language == Language::chinese ? chinese : english; }
};

/// "en", "zh_CN"; nothing for anything else.
std::optional<Language> language_from_name(std::string_view name);
/// By LC_ALL, LC_MESSAGES, LANG: Chinese when the first that is set begins with "zh", else English.
Language language_of_environment();

/// The text with its arguments put in; a missing argument is empty.
std::string fill_in(const Text& text, Language language, const std::vector<std::string>& args);

}  // namespace postern::cli
