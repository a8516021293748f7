// Documents: everything an administrator can set, as kind/id and JSON (RFC 8259). What a kind of documents is, is told
// here from above: response/change knows none of them by name. The admin thread; functions of a kind are pure but for
// compile.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"

namespace postern {
using Json = nlohmann::json;
}

namespace postern::change {

constexpr size_t kDocumentLimit = 256 * 1024;  ///< octets of canonical JSON
constexpr size_t kItemLimit = 100'000;         ///< documents in one change set
constexpr size_t kDocumentIdLimit = 255;       ///< octets

/// "user/7": the kind is a word, the id what follows the first slash.
struct DocumentName {
  std::string kind, id;

  /// Nothing unless both are there, short enough and printable UTF-8 without blanks.
  static std::optional<DocumentName> parse(std::string_view text);
  std::string to_string() const { return kind + "/" + id; }
  auto operator<=>(const DocumentName&) const = default;
};

/// A document on its way into the policy.
struct Compiled {
  const DocumentName& name;
  const Json* document;  ///< null: it was taken away and its kind has nothing to fall back to
  uint64_t version;      ///< grows with each change of anything; never repeats
};

struct DocumentKind {
  std::string name;
  std::string only_id;    ///< the one document of this kind; "" = any id. Kinds may share a name when this differs.
  bool removable = true;  ///< may a document be taken away?
  std::string fallback;   ///< canonical text of what holds when there is no document; "" = nothing does

  /// The typed, complete form; bad_input (field, what is expected there).
  std::function<Expected<Json>(const Json& given)> parse;
  /// What goes beyond the types of fields: the id, fields that have to fit each other. May be empty.
  std::function<Expected<void>(const std::string& id, const Json& document)> validate;
  std::function<std::string(const Json& document)> canonical;
  /// RFC 6902.
  std::function<Json(const Json& before, const Json& after)> diff;
  /// What `mine` made of `base`, done to `theirs`; nothing when both changed the same thing differently.
  std::function<std::optional<Json>(const Json& base, const Json& mine, const Json& theirs)> merge;
  /// Stages the document for the policy. Inside the transaction, before anything is in force. May be empty.
  std::function<Expected<void>(const Compiled& document)> compile;
  /// A value typed on a command line, made into what the field holds (a number for a text field is its text).
  std::function<Json(const std::string& field, const Json& typed)> coerce;
  /// Fields that name a secret by its id.
  std::vector<std::string> secret_fields;
};

class DocumentKinds {
 public:
  void add(DocumentKind kind);
  /// Null when no kind has such documents.
  const DocumentKind* find(const DocumentName& name) const;
  bool has_kind(std::string_view name) const;
  const std::vector<DocumentKind>& all() const { return kinds_; }
  /// Parsed, validated, in canonical form. not_found (kind or id), bad_input, too_large.
  Expected<std::string> check(const DocumentName& name, std::string_view json) const;

 private:
  std::vector<DocumentKind> kinds_;
};

}  // namespace postern::change
