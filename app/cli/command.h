// Declares the arguments and options of one verb; the only way verbs reach the parser (CLI11), so that its types and
// its English texts stay in command.cpp, help.cpp and usage.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/language.h"
#include "postern/requests.h"

namespace CLI {
class App;
}

namespace postern::cli {

/// The variables must outlive the parsing; they are set only when the option is given. Value names are shown in help.
class Command {
 public:
  Command(CLI::App& app, Language language) : app_(app), language_(language) {}

  /// A positional argument that must be there.
  void argument(const char* name, std::string& into, const Text& help);
  void optional_argument(const char* name, std::string& into, const Text& help);
  /// The remaining positional arguments.
  void fields(const char* name, std::vector<api::FieldValue>& into, const Text& help);
  void flag(const char* name, bool& into, const Text& help);
  void option(const char* name, const char* value, std::string& into, const Text& help);
  void required(const char* name, const char* value, std::string& into, const Text& help);
  void option(const char* name, const char* value, std::optional<std::string>& into, const Text& help);
  /// May stand several times.
  void option(const char* name, const char* value, std::vector<std::string>& into, const Text& help);
  void number(const char* name, const char* value, uint32_t& into, const Text& help);
  void number(const char* name, const char* value, std::optional<uint32_t>& into, const Text& help);
  void size(const char* name, const char* value, std::optional<uint64_t>& into, const Text& help);
  void endpoint(const char* name, std::string& into, const Text& help);
  /// One of these words; read elsewhere.
  void choice(const char* name, const std::vector<std::string>& words, const Text& help);
  /// The two options may not stand together.
  void exclude(const char* one, const char* other);

  Language language() const { return language_; }

 private:
  CLI::App& app_;
  Language language_;
};

}  // namespace postern::cli
