// What an administrator types to find sessions: the filter of lists and the key of trace.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "observe/session_filter.h"
#include "observe/trace_key.h"

using namespace postern;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

const Trace& sample() {
  static const Trace trace = [] {
    Trace made(4711, 25, *Endpoint::parse("192.0.2.7:50000"), *Endpoint::parse("192.0.2.1:25"), 1'000'000);
    made.set_user("bob@example.org");
    made.line('C', "MAIL FROM:<a@example.net>", 2'000'000);
    made.finish(3'000'000, "goodbye");
    return made;
  }();
  return trace;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto filter = observe::SessionFilter::parse(text, 5'000'000);
  if (filter) {
    const bool whole = filter->matches(sample());
    const bool row = filter->matches(observe::row_of(sample()));
    require(filter->needs_text() || whole == row);
  } else {
    const ErrorCode code = filter.error().code;
    require(code == ErrorCode::too_large || code == ErrorCode::too_many ||
            (code == ErrorCode::bad_input && filter.error().args.size() == 3));
    for (const std::string& arg : filter.error().args) require(is_utf8(arg));
  }
  const auto key = observe::TraceKey::parse(text);
  if (key && key->session() == 4711U) require(key->matches(sample()));
  return 0;
}
