#include "cli/help.h"

#include <CLI/CLI.hpp>

#include "cli/printable.h"

namespace postern::cli {
namespace {

constexpr Text kUsage{"Usage", "用法"};
constexpr Text kArguments{"Arguments", "参数"};
constexpr Text kOptions{"Options", "选项"};
constexpr Text kGlobalOptions{"Options of every command", "所有命令通用的选项"};
constexpr Text kVerbs{"Commands", "命令"};
constexpr Text kVerb{"COMMAND", "命令"};
constexpr Text kOptionsShort{"[OPTIONS]", "[选项]"};
constexpr size_t kIndent = 2;
constexpr size_t kMostLeft = 34;  // columns of the left side; what is longer has its text on the next line

struct Line {
  std::string left, right;
};

std::string section(const std::string& head, const std::vector<Line>& lines) {
  if (lines.empty()) return {};
  size_t width = 0;
  for (const Line& line : lines)
    if (display_width(line.left) <= kMostLeft) width = std::max(width, display_width(line.left));
  std::string out = "\n" + head + ":\n";
  for (const Line& line : lines) {
    const size_t taken = display_width(line.left);
    out += std::string(kIndent, ' ') + line.left;
    out += taken <= width ? std::string(width - taken + kIndent, ' ') : "\n" + std::string(width + 2 * kIndent, ' ');
    out += line.right + "\n";
  }
  return out;
}

/// "postern user add": the words that lead to a command.
std::string words_of(const CLI::App* app) {
  const std::string own = app->get_name();
  return app->get_parent() == nullptr ? own : words_of(app->get_parent()) + " " + own;
}

/// The same without the program's name: "user ".
std::string words_within(const CLI::App* app) {
  return app->get_parent() == nullptr ? std::string() : words_within(app->get_parent()) + app->get_name() + " ";
}

std::string positional_name(const CLI::Option* option) {
  return option->get_type_name().empty() ? option->get_name(true) : option->get_type_name();
}

class HelpFormatter final : public CLI::FormatterBase {
 public:
  explicit HelpFormatter(Language language) : language_(language) {}

  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    std::string out = usage(app);
    if (!app->get_description().empty()) out += "\n" + app->get_description() + "\n";
    out += section(kArguments.in(language_), positionals(app));
    out += section(kVerbs.in(language_), verbs(app, words_within(app)));
    const CLI::App* root = app;
    while (root->get_parent() != nullptr) root = root->get_parent();
    if (root == app) return out + section(kGlobalOptions.in(language_), options(root));
    out += section(kOptions.in(language_), options(app));
    return out + section(kGlobalOptions.in(language_), options(root, root->get_help_ptr()));
  }

 private:
  std::string usage(const CLI::App* app) const {
    std::string out = std::string(kUsage.in(language_)) + ": " + words_of(app);
    if (!app->get_subcommands(nullptr).empty())
      return out + " " + kVerb.in(language_) + " " + kOptionsShort.in(language_) + "\n";
    for (const CLI::Option* option : app->get_options())
      if (option->get_positional())
        out += option->get_required() ? " " + positional_name(option) : " [" + positional_name(option) + "]";
    for (const CLI::Option* option : app->get_options())
      if (!option->get_positional() && option->get_required())
        out += " " + option->get_name() + " " + option->get_type_name();
    return out + " " + kOptionsShort.in(language_) + "\n";
  }

  static std::vector<Line> positionals(const CLI::App* app) {
    std::vector<Line> lines;
    for (const CLI::Option* option : app->get_options())
      if (option->get_positional()) lines.push_back({positional_name(option), option->get_description()});
    return lines;
  }

  static std::vector<Line> options(const CLI::App* app, const CLI::Option* without = nullptr) {
    std::vector<Line> lines;
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_positional() || option == without) continue;
      std::string left = option->get_name(false, true);
      for (size_t comma = left.find(','); comma != std::string::npos; comma = left.find(',', comma + 2))
        left.insert(comma + 1, " ");
      if (option->get_type_size() != 0) left += " " + option->get_type_name();
      lines.push_back({left, option->get_description()});
    }
    return lines;
  }

  /// Groups are shown by their members.
  static std::vector<Line> verbs(const CLI::App* app, const std::string& before) {
    std::vector<Line> lines;
    for (const CLI::App* verb : app->get_subcommands(nullptr)) {
      const std::vector<Line> inner = verbs(verb, before + verb->get_name() + " ");
      if (inner.empty()) {
        const std::string& text = verb->get_description();
        lines.push_back({before + verb->get_name(), text.substr(0, text.find('\n'))});
      }
      lines.insert(lines.end(), inner.begin(), inner.end());
    }
    return lines;
  }

  Language language_;
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> make_help_formatter(Language language) {
  return std::make_shared<HelpFormatter>(language);
}

}  // namespace postern::cli
