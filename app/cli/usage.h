// What is wrong with a command line, in a sentence. Never shows more of it than the word that was not understood.
#pragma once

#include <CLI/Error.hpp>
#include <string>

#include "cli/language.h"

namespace CLI {
class App;
}

namespace postern::cli {

/// A value that its option cannot take.
class BadValue : public CLI::ParseError {
 public:
  BadValue(std::string option, std::string value)
      : CLI::ParseError("BadValue", option, CLI::ExitCodes::ConversionError),
        option_(std::move(option)),
        value_(std::move(value)) {}
  const std::string& option() const { return option_; }
  const std::string& value() const { return value_; }

 private:
  std::string option_, value_;
};

std::string usage_sentence(const CLI::App& app, const CLI::ParseError& error, Language language);

}  // namespace postern::cli
