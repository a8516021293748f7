// Documents: what an administrator can set, as kind/id and JSON. A kind checks and completes its documents; comparing and
// merging by field is the same for all. Pure; any thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/expected.h"
#include "base/json.h"

namespace postern::change {

constexpr size_t kDocumentLimit = 256 * 1024;  ///< octets of canonical JSON
constexpr size_t kItemLimit = 100'000;         ///< items of a change set

/// "kind/id".
struct DocumentName {
  std::string kind, id;
  static std::optional<DocumentName> parse(std::string_view text);
  std::string to_string() const { return kind + "/" + id; }
  auto operator<=>(const DocumentName&) const = default;
};

/// What a kind of documents is.
struct DocumentKind {
  std::string name;
  /// Checks and completes: bad_input names the field and what is expected.
  std::function<Expected<Json>(const std::string& id, const Json& document)> validate;
  /// May documents of other ids be made, and this one be taken away?
  bool fixed = false;
};

class DocumentKinds {
 public:
  void add(DocumentKind kind);
  const DocumentKind* find(std::string_view name) const;
  std::vector<std::string> names() const;
  /// The checked document; not_found for an unknown kind, too_large beyond kDocumentLimit.
  Expected<Json> check(const DocumentName& name, const Json& document) const;

 private:
  std::map<std::string, DocumentKind, std::less<>> kinds_;
};

/// Three-way comparison of JSON objects by field: what `mine` changed since `base` is put onto `theirs`. Nothing when both
/// changed the same field differently.
std::optional<Json> merge(const Json& base, const Json& mine, const Json& theirs);

}  // namespace postern::change
