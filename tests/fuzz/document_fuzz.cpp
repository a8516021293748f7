// Documents as they come from outside: names, typed fields, comparison and merging.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.h"
#include "response/change/document.h"
#include "response/change/schema.h"

using namespace postern;
using namespace postern::change;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

const DocumentKinds& kinds() {
  static const DocumentKinds made = [] {
    DocumentKinds out;
    out.add(make_kind(
        "thing", "",
        {text_or("text", ""), number("count", 0, 0, 1000), texts("tags"), flag("on", false), secret_id("key")}));
    return out;
  }();
  return made;
}

/// What `mine` made of the base, done to theirs: a document again, and the same as mine where theirs is the base.
void check_merge(const DocumentKind& kind, const Json& document) {
  const Json base = *kind.parse(Json::object());
  const auto merged = kind.merge(base, document, base);
  require(merged.has_value() && kind.canonical(*merged) == kind.canonical(document));
  if (const auto both = kind.merge(base, document, document)) require(kind.parse(*both).has_value());
  require(base.patch(kind.diff(base, document)) == document);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto name = DocumentName::parse(text)) require(name->to_string() == text);
  const DocumentName name{"thing", "1"};
  const auto checked = kinds().check(name, text);
  if (!checked) return 0;
  require(checked->size() <= kDocumentLimit);
  const auto again = kinds().check(name, *checked);
  require(again.has_value() && *again == *checked);
  check_merge(*kinds().find(name), Json::parse(*checked));
  return 0;
}
