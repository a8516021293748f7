#include "observe/tally.h"

namespace postern::observe {

void tally_into(TallyCounts& counts, std::string_view word, uint64_t by) {
  word = word.substr(0, kTallyWordLength);
  auto at = counts.find(word);
  if (at == counts.end() && counts.size() >= kTallyWords) {
    word = kTallyOther;
    at = counts.find(word);
  }
  if (at == counts.end()) at = counts.emplace(word, 0).first;
  at->second += by;
}

void Tally::add(std::string_view word, uint64_t by) {
  const std::lock_guard lock(mutex_);
  tally_into(counts_, word, by);
}

void Tally::read_into(TallyCounts& out) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [word, count] : counts_) tally_into(out, word, count);
}

}  // namespace postern::observe
