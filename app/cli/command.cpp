#include "cli/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/parse.h"
#include "cli/usage.h"

namespace postern::cli {
namespace {

/// An option whose value is read by `parse`; what it cannot read is a BadValue with the option's name.
template <class Parse>
CLI::Option* add(CLI::App& app, const char* name, const char* value, const char* help, Parse parse) {
  const std::string option_name = *name == '-' || *value == '\0' ? name : value;
  CLI::Option* option = app.add_option(
      name,
      [option_name, parse](const CLI::results_t& given) {
        for (const std::string& text : given)
          if (!parse(text)) throw BadValue(option_name, text);
        return true;
      },
      help);
  return option->type_name(value)->type_size(1)->allow_extra_args(false)->multi_option_policy(
      CLI::MultiOptionPolicy::Throw);
}

template <class Number>
auto whole_number(Number& into) {
  return [&into](const std::string& text) {
    const auto size = parse_size(text);
    if (!size || *size > UINT32_MAX || text.find_first_not_of("0123456789") != std::string::npos) return false;
    into = static_cast<uint32_t>(*size);
    return true;
  };
}

template <class String>
auto any_text(String& into) {
  return [&into](const std::string& text) {
    into = text;
    return true;
  };
}

}  // namespace

void Command::argument(const char* name, std::string& into, const Text& help) {
  add(app_, name, "", help.in(language_), any_text(into))->required();
}

void Command::optional_argument(const char* name, std::string& into, const Text& help) {
  add(app_, name, "", help.in(language_), any_text(into));
}

void Command::fields(const char* name, std::vector<api::FieldValue>& into, const Text& help) {
  add(app_, "fields", name, help.in(language_),
      [&into](const std::string& text) {
        auto field = parse_field(text);
        if (field) into.push_back(std::move(*field));
        return field.has_value();
      })
      ->expected(-1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void Command::flag(const char* name, bool& into, const Text& help) {
  app_.add_flag(name, into, help.in(language_));
}

void Command::option(const char* name, const char* value, std::string& into, const Text& help) {
  add(app_, name, value, help.in(language_), any_text(into));
}

void Command::required(const char* name, const char* value, std::string& into, const Text& help) {
  add(app_, name, value, help.in(language_), any_text(into))->required();
}

void Command::option(const char* name, const char* value, std::optional<std::string>& into, const Text& help) {
  add(app_, name, value, help.in(language_), any_text(into));
}

void Command::option(const char* name, const char* value, std::vector<std::string>& into, const Text& help) {
  add(app_, name, value, help.in(language_), [&into](const std::string& text) {
    into.push_back(text);
    return true;
  })->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void Command::number(const char* name, const char* value, uint32_t& into, const Text& help) {
  add(app_, name, value, help.in(language_), whole_number(into));
}

void Command::number(const char* name, const char* value, std::optional<uint32_t>& into, const Text& help) {
  add(app_, name, value, help.in(language_), whole_number(into));
}

void Command::size(const char* name, const char* value, std::optional<uint64_t>& into, const Text& help) {
  add(app_, name, value, help.in(language_), [&into](const std::string& text) {
    into = parse_size(text);
    return into.has_value();
  });
}

void Command::endpoint(const char* name, std::string& into, const Text& help) {
  add(app_, name, "A:P", help.in(language_), [&into](const std::string& text) {
    into = text;
    return is_endpoint(text);
  });
}

void Command::choice(const char* name, const std::vector<std::string>& words, const Text& help) {
  std::string value;
  for (const std::string& word : words) value += (value.empty() ? "" : "|") + word;
  add(app_, name, value.c_str(), help.in(language_),
      [words](const std::string& text) { return std::find(words.begin(), words.end(), text) != words.end(); });
}

void Command::exclude(const char* one, const char* other) {
  app_.get_option(one)->excludes(app_.get_option(other));
}

}  // namespace postern::cli
