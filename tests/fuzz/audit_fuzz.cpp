// What is read back of the audit trail: entries, signed heads and the objects of entries about the trail itself.
// Whatever is understood is written the same way, to the octet.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "response/audit/audit_log.h"
#include "response/audit/entry.h"
#include "response/audit/head.h"
#include "response/audit/recorded.h"

using namespace postern;
using namespace postern::audit;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const BytesView octets(data, size);
  const std::string_view text = as_text(octets);
  if (const auto entry = parse_entry(octets)) require(serialise(*entry) == to_bytes(text));
  if (const auto head = head_from_line(text)) require(head_from_line(to_line(*head)) == head);
  static_cast<void>(parse_head(octets));
  if (const auto damage = parse_damage_object(text)) require(damage_object(*damage) == text);
  uint64_t first = 0, last = 0;
  if (parse_erased_object(text, first, last)) require(first <= last && erased_object(first, last) == text);
  require(entry_field(text).size() <= size * 4 + 16);
  return 0;
}
