// Counts by word, bounded: for labels that are few in a healthy system but come from code, not from a fixed list.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace postern::observe {

constexpr size_t kTallyWords = 128;      ///< beyond it a new word counts as kTallyOther
constexpr size_t kTallyWordLength = 48;  ///< octets; longer words are cut
constexpr std::string_view kTallyOther = "other";

using TallyCounts = std::map<std::string, uint64_t, std::less<>>;

/// Any thread; meant for one writer, so the lock is free nearly always.
class Tally {
 public:
  void add(std::string_view word, uint64_t by = 1);
  void read_into(TallyCounts& out) const;

 private:
  mutable std::mutex mutex_;
  TallyCounts counts_;
};

/// Adds to a map that never holds more than kTallyWords and kTallyOther.
void tally_into(TallyCounts& counts, std::string_view word, uint64_t by);

}  // namespace postern::observe
