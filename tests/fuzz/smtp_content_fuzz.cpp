// The streaming content reader against the slow model, with the content cut anywhere.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "protocol/smtp/content.h"
#include "support/content_model.h"

using namespace postern;
using namespace postern::smtp;

namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

struct Reading {
  std::string stored;
  Fault fault = Fault::none;
  bool ended = false;
  size_t used = 0;
  uint64_t bare = 0;
};

template <class Cut>
Reading read(const Content::Rules& rules, const std::string& text, Cut&& cut) {
  Content content(rules);
  Reading out;
  const auto take = [&](const Actions& actions) {
    for (size_t i = 0; i < actions.size(); ++i) out.stored += actions[i].bytes;
  };
  while (out.used < text.size() && !content.ended()) {
    const std::string piece = text.substr(out.used, cut(text.size() - out.used));
    Actions actions;
    const bool good = content.fault() == Fault::none;
    const size_t used = content.feed(piece, actions);
    require(content.ended() || used == piece.size(), "octets left over");
    require(good || actions.empty(), "passed on after a fault");
    take(actions);
    out.used += used;
  }
  if (!rules.dots) {
    Actions actions;
    content.finish(actions);
    take(actions);
  }
  out.ended = content.ended();
  out.fault = content.fault();
  out.bare = content.bare();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider input(data, size);
  Content::Rules rules;
  rules.dots = input.ConsumeBool();
  rules.repair = input.ConsumeBool();
  rules.size = input.ConsumeBool() ? input.ConsumeIntegralInRange<uint64_t>(0, 200) : 1 << 20;
  rules.line = input.ConsumeBool() ? input.ConsumeIntegralInRange<uint32_t>(1, 50) : 65536;
  const std::string text = input.ConsumeBytesAsString(input.ConsumeIntegralInRange<size_t>(0, input.remaining_bytes()));
  const test::ContentModel model = test::model_content(text, rules.dots);
  const Reading whole = read(rules, text, [](size_t left) { return left; });
  const Reading pieces = read(
      rules, text, [&](size_t left) { return input.ConsumeIntegralInRange<size_t>(1, std::min<size_t>(left, 9)); });
  require(whole.fault == pieces.fault && whole.ended == pieces.ended && whole.used == pieces.used, "the cut matters");
  require(whole.bare == pieces.bare || !whole.ended, "the cut matters for the count");
  require(rules.dots ? whole.ended == (model.end != std::string_view::npos) : whole.ended, "end of data");
  require(!whole.ended || !rules.dots || whole.used == model.end, "place of the end");
  require(whole.stored.find('\0') == std::string::npos, "NUL came out");
  if (whole.fault != Fault::none || !whole.ended) return 0;
  require(whole.stored == pieces.stored && whole.stored == model.stored, "stored something else");
  require(rules.repair || model.bare == 0, "bare CR or LF accepted");
  require(!model.nul && whole.bare == model.bare, "count of bare octets");
  require(whole.stored.size() <= rules.size, "over the limit");
  return 0;
}
