#include "cli/run.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <ostream>

#include "cli/help.h"
#include "cli/printable.h"
#include "cli/usage.h"
#include "cli/verb.h"

namespace postern::cli {
namespace {

constexpr const char* kProgram = "postern";
constexpr const char* kConsole = "postern-console";
constexpr Text kDescription{
    "Postern: a mail server with two gates, SMTP and POP3.\nWithout a command it starts the console, where that is "
    "installed.",
    "Postern：只有两扇门（SMTP 与 POP3）的邮件服务器。\n不带命令时启动控制台（若已安装）。"};
constexpr Text kNoConsole{"The console ({0}) is not installed. \"postern --help\" lists the commands.",
                          "控制台（{0}）未安装。“postern --help”列出所有命令。"};
constexpr Text kSeeHelp{"See \"{0} --help\".", "参见“{0} --help”。"};

/// The language and the form of errors have to be known before the command line is understood.
Options early_options(int argc, const char* const* argv) {
  Options options;
  options.language = language_of_environment();
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") break;
    if (word == "--json") options.json = true;
    std::string_view name;
    if (word == "--lang" && i + 1 < argc) name = argv[i + 1];
    if (word.rfind("--lang=", 0) == 0) name = word.substr(7);
    options.language = language_from_name(name).value_or(options.language);
  }
  return options;
}

/// What parse() wants: the words behind the program's name, last one first. CLI11 takes the next word for the value of
/// "--name="; as two words an empty value is one.
std::vector<std::string> words_of(int argc, const char* const* argv) {
  std::vector<std::string> words;
  bool options_end = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    options_end = options_end || word == "--";
    if (!options_end && word.size() > 3 && word.starts_with("--") && word.find('=') == word.size() - 1) {
      words.push_back(word.substr(0, word.size() - 1));
      words.emplace_back();
    } else {
      words.push_back(word);
    }
  }
  std::reverse(words.begin(), words.end());
  return words;
}

class Program {
 public:
  Program(Options options, Terminal& terminal) : options_(std::move(options)), terminal_(terminal) {
    app_.name(kProgram)->description(kDescription.in(options_.language));
    app_.formatter(make_help_formatter(options_.language));
    app_.allow_windows_style_options(false);
    app_.fallthrough()->require_subcommand(0, 1);
    declare_help(app_);
    app_.set_version_flag("--version", std::string(kProgram) + " " + POSTERN_VERSION,
                          Text{"Show the version", "显示版本"}.in(options_.language));
    declare_options();
    for (const Verb& verb : all_verbs()) add(verb);
  }

  int run(int argc, const char* const* argv) {
    try {
      app_.parse(words_of(argc, argv));
    } catch (const CLI::Success& asked) {
      return app_.exit(asked, terminal_.out(), terminal_.err());
    } catch (const CLI::ParseError& error) {
      return explain(error);
    }
    if (app_.get_subcommands().empty()) return start_console();
    Context context(options_, terminal_);
    return action_(context);
  }

 private:
  void declare_help(CLI::App& app) {
    app.set_help_flag("-h,--help", Text{"Show this help", "显示此帮助"}.in(options_.language));
  }

  void declare_options() {
    Command command(app_, options_.language);
    command.option("--data", "DIR", options_.data, {"The data folder", "数据文件夹"});
    command.option("--attach", "SOCKET", options_.attach,
                   {"The control socket of a running core", "运行中服务的控制套接字"});
    command.exclude("--data", "--attach");
    app_.add_flag("--json", options_.json,
                  Text{"JSON, one object on one line", "以单行 JSON 输出"}.in(options_.language));
    command.choice("--lang", {"en", "zh_CN"}, {"Language of the texts", "文本语言"});
  }

  CLI::App& app_of(std::string_view words) {
    const size_t blank = words.find(' ');
    if (blank == std::string_view::npos) return app_;
    const std::string group(words.substr(0, blank));
    for (CLI::App* known : app_.get_subcommands(nullptr))
      if (known->get_name() == group) return *known;
    const Text* help = group_help(group);
    CLI::App* added = app_.add_subcommand(group, help == nullptr ? "" : help->in(options_.language));
    declare_help(*added->require_subcommand(1));
    return *added;
  }

  void add(const Verb& verb) {
    const std::string own(verb.words.substr(verb.words.rfind(' ') + 1));
    CLI::App* app = app_of(verb.words).add_subcommand(own, verb.help.in(options_.language));
    declare_help(*app);
    Command command(*app, options_.language);
    Action action = verb.declare(command);
    app->callback([this, action = std::move(action)] { action_ = action; });
  }

  /// The words of the command that was being understood.
  std::string words_so_far() const {
    std::string words = kProgram;
    const CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) {
      app = app->get_subcommands().front();
      words += " " + app->get_name();
    }
    return words;
  }

  int explain(const CLI::ParseError& error) {
    const std::string text = usage_sentence(app_, error, options_.language);
    if (options_.json) terminal_.out() << error_json("usage", {}, text) << std::endl;
    terminal_.err() << text << "\n" << fill_in(kSeeHelp, options_.language, {words_so_far()}) << std::endl;
    return kExitUsage;
  }

  int start_console() {
    namespace fs = std::filesystem;
    const std::string own = own_program();
    const fs::path program(std::u8string(own.begin(), own.end()));
    const fs::path console = program.parent_path() / (std::string(kConsole) + program.extension().string());
    std::error_code missing;
    const std::u8string path = console.u8string();
    if (!own.empty() && fs::is_regular_file(console, missing)) run_program(std::string(path.begin(), path.end()));
    return Context(options_, terminal_).refuse("console_missing", kNoConsole, {kConsole}, kExitCannot);
  }

  Options options_;
  Terminal& terminal_;
  CLI::App app_;
  Action action_;
};

}  // namespace

int run(int argc, const char* const* argv, Terminal& terminal) {
  const Options options = early_options(argc, argv);
  try {
    return Program(options, terminal).run(argc, argv);
  } catch (const std::exception& defect) {
    return Context(options, terminal).finish(Error{ErrorCode::internal, {defect.what()}});
  }
}

}  // namespace postern::cli
