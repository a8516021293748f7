// Typed fields: from a list of them comes a kind of documents that checks, completes, compares and merges its documents
// by field. Unknown fields are refused. Pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "response/change/document.h"

namespace postern::change {

constexpr size_t kTextLimit = 4096;     ///< octets of a text field unless it says otherwise
constexpr size_t kTextsLimit = 10'000;  ///< entries of a list

/// What is expected instead ("a mail address"), or "" when the text is good.
using TextCheck = std::function<std::string(const std::string& text)>;

struct Field {
  enum class Type : uint8_t {
    text,
    flag,
    number,  ///< whole, from `least` to `most`
    texts,   ///< a list of texts, each once; its order means nothing
  };
  Type type = Type::text;
  std::string name;
  std::string fallback;  ///< JSON; "" = the field must be given
  int64_t least = 0, most = 0;
  TextCheck check;
  bool secret = false;  ///< names a secret
};

/// A text that has to be given, and one with a default.
Field text(std::string name, TextCheck check = nullptr);
Field text_or(std::string name, const std::string& fallback, TextCheck check = nullptr);
Field flag(std::string name, bool fallback);
Field number(std::string name, int64_t fallback, int64_t least, int64_t most);
Field texts(std::string name, TextCheck check = nullptr);
/// The id of a secret, "" = none.
Field secret_id(std::string name);
/// A text that is one of these.
Field choice(std::string name, std::vector<std::string> values, const std::string& fallback);

/// A kind of these fields. With `only_id` it has one document; when every field then has a default, that is what holds
/// without a document.
DocumentKind make_kind(std::string name, std::string only_id, std::vector<Field> fields);

}  // namespace postern::change
