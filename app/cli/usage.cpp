#include "cli/usage.h"

#include <CLI/CLI.hpp>

#include "cli/printable.h"

namespace postern::cli {
namespace {

constexpr Text kUnknown{"\"{0}\" is not understood here.", "此处无法理解“{0}”。"};
constexpr Text kTooMany{"There are more words than this command takes.", "此命令的参数过多。"};
constexpr Text kMissing{"{0} is missing.", "缺少 {0}。"};
constexpr Text kMissingVerb{"What is to be done is missing.", "缺少要执行的命令。"};
constexpr Text kMissingValue{"{0} needs a value.", "{0} 需要一个值。"};
constexpr Text kTwice{"{0} may stand only once.", "{0} 只能出现一次。"};
constexpr Text kTogether{"{0} cannot stand together.", "{0} 不能同时使用。"};
constexpr Text kBadValue{"{0} cannot be \"{1}\".", "{0} 的值不能是“{1}”。"};
constexpr Text kNoValue{"{0} takes no value.", "{0} 不带值。"};

/// The first word that was left over: an option by its name alone, a command as it stands, else nothing, for it may be
/// a secret.
std::string first_left_over(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(true);
  if (words.empty()) return {};
  const std::string& word = words.front();
  if (word.rfind('-', 0) == 0) return word.substr(0, word.find('='));
  const CLI::App* verb = &app;
  while (!verb->get_subcommands().empty()) verb = verb->get_subcommands().front();
  return verb->get_subcommands(nullptr).empty() ? std::string() : word;
}

std::string before(const std::string& text, const char* mark) {
  return text.substr(0, text.find(mark));
}

std::string say(const Text& text, Language language, const std::string& argument) {
  return fill_in(text, language, {printable(argument)});
}

}  // namespace

std::string usage_sentence(const CLI::App& app, const CLI::ParseError& error, Language language) {
  const std::string what = error.what();  // CLI11's English text: only the names in it are used
  if (const auto* bad = dynamic_cast<const BadValue*>(&error))
    return fill_in(kBadValue, language, {bad->option(), printable(bad->value())});
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
    const std::string word = first_left_over(app);
    return say(word.empty() ? kTooMany : kUnknown, language, word);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error)) {
    const std::string name = before(what, " is required");
    if (name != "A subcommand") return say(kMissing, language, name);
    const std::string word = first_left_over(app);
    return word.empty() ? kMissingVerb.in(language) : say(kUnknown, language, word);
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&error)) {
    std::string names = what;
    names.replace(names.find(" excludes "), std::string_view(" excludes ").size(), ", ");
    return say(kTogether, language, names);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error)) {
    const bool missing = what.find("missing") != std::string::npos || what.find("At least") != std::string::npos;
    return say(missing ? kMissingValue : kTwice, language, before(what, ":"));
  }
  // "Could not convert: --json = perhaps"
  const size_t name = what.find("--");
  return say(kNoValue, language, name == std::string::npos ? what : before(what.substr(name), " "));
}

}  // namespace postern::cli
