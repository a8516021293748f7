#include "protocol/mime/date.h"

#include <array>
#include <charconv>

#include "base/text.h"
#include "protocol/mime/lexer.h"

namespace postern::mime {
namespace {

constexpr size_t kWordLimit = 16;  // words of a date; more are no date
constexpr int64_t kDaySeconds = 86'400;
constexpr int kCentury = 50;  // RFC 5322 section 4.3: years below belong to 2000

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<int, 12> kMonthDays{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

struct Zone {
  std::string_view name;
  int hours;
};
constexpr std::array<Zone, 8> kZones{
    {{"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}}};

struct Parts {
  int day = 0, month = 0, year = -1;
  int seconds = -1;  ///< of the day
  int zone = 0;      ///< minutes
};

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || !is_digit(text.front()) || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// Days since 1970-01-01 in the Gregorian calendar.
int64_t days(int year, int month, int day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

bool take_time(std::string_view word, Parts& parts) {
  const std::vector<std::string_view> pieces = split(word, ':');
  if (parts.seconds >= 0 || pieces.size() < 2 || pieces.size() > 3) return false;
  const std::optional<int> hour = number(pieces[0]);
  const std::optional<int> minute = number(pieces[1]);
  // Fractions of a second are written by some; they do not count.
  const std::optional<int> second = pieces.size() == 3 ? number(pieces[2].substr(0, pieces[2].find('.'))) : 0;
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return false;
  parts.seconds = *hour * 3600 + *minute * 60 + *second;
  return true;
}

bool take_offset(std::string_view word, Parts& parts) {
  constexpr size_t kOffsetSize = 5;  // +hhmm
  const std::optional<int> value = number(word.substr(1));
  if (word.size() != kOffsetSize || !value || *value % 100 > 59 || *value / 100 > 23) return false;
  parts.zone = (*value / 100 * 60 + *value % 100) * (word.front() == '-' ? -1 : 1);
  return true;
}

bool take_name(std::string_view word, Parts& parts) {
  const std::string start = to_lower(word.substr(0, 3));
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (start != kMonths[i] || parts.month != 0) continue;
    parts.month = static_cast<int>(i) + 1;
    return true;
  }
  for (const Zone& zone : kZones)
    if (start == zone.name && parts.seconds >= 0) parts.zone = zone.hours * 60;
  return true;  // a day of the week, or a zone that is not known
}

bool take_number(std::string_view word, Parts& parts) {
  const std::optional<int> value = number(word);
  if (!value) return false;
  if (parts.day == 0 && word.size() <= 2) {
    parts.day = *value;
    return *value > 0;
  }
  if (parts.year >= 0 || word.size() < 2 || word.size() > 4) return false;
  parts.year = *value;
  if (word.size() == 2) parts.year += *value < kCentury ? 2000 : 1900;
  if (word.size() == 3) parts.year += 1900;
  return true;
}

bool take_word(std::string_view word, Parts& parts) {
  if (word.find(':') != std::string_view::npos) return take_time(word, parts);
  if (word.front() == '+' || word.front() == '-') return take_offset(word, parts);
  return is_digit(word.front()) ? take_number(word, parts) : take_name(word, parts);
}

/// Words that commas and blanks part; comments are passed over. The lexer makes a token of each colon.
bool read_words(std::string_view text, Parts& parts) {
  Lexer lexer(text);
  std::string word;
  size_t words = 0;
  for (Token token = lexer.next();; token = lexer.next()) {
    const bool part = token.kind == Token::Kind::word || token.is(':');
    if (part) {
      word += token.text;
      continue;
    }
    if (!word.empty() && (++words > kWordLimit || !take_word(word, parts))) return false;
    word.clear();
    if (token.kind == Token::Kind::end) return true;
  }
}

}  // namespace

std::optional<int64_t> parse_date(std::string_view text) {
  const size_t semicolon = text.rfind(';');
  Parts parts;
  if (!read_words(semicolon == std::string_view::npos ? text : text.substr(semicolon + 1), parts)) return std::nullopt;
  if (parts.day == 0 || parts.month == 0 || parts.year < 0 || parts.seconds < 0) return std::nullopt;
  if (parts.day > kMonthDays[static_cast<size_t>(parts.month - 1)]) return std::nullopt;
  return days(parts.year, parts.month, parts.day) * kDaySeconds + parts.seconds - parts.zone * 60;
}

}  // namespace postern::mime
