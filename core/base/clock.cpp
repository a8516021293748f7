#include "base/clock.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace postern {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

struct Civil {
  year_month_day date;
  unsigned weekday = 0;
  int64_t second_of_day = 0;
  int64_t micros = 0;
};

Civil civil(WallTime time) {
  int64_t seconds = time / kMicrosPerSecond;
  int64_t micros = time % kMicrosPerSecond;
  if (micros < 0) {
    micros += kMicrosPerSecond;
    --seconds;
  }
  const sys_days day = std::chrono::floor<days>(std::chrono::sys_seconds(Seconds(seconds)));
  return {year_month_day(day), std::chrono::weekday(day).c_encoding(),
          seconds - std::chrono::duration_cast<Seconds>(day.time_since_epoch()).count(), micros};
}

std::optional<int> number(std::string_view text, size_t at, size_t length) {
  if (at + length > text.size()) return std::nullopt;
  int value = 0;
  const char* first = text.data() + at;
  const auto [end, error] = std::from_chars(first, first + length, value);
  if (error != std::errc{} || end != first + length || value < 0) return std::nullopt;
  return value;
}

/// Microseconds of ".123456" at `at`; moves `at` behind it.
std::optional<int64_t> fraction(std::string_view text, size_t& at) {
  if (at >= text.size() || text[at] != '.') return 0;
  int64_t value = 0;
  int64_t unit = kMicrosPerSecond;
  const size_t first = ++at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    unit /= 10;
    value += unit * (text[at] - '0');
  }
  if (at == first) return std::nullopt;
  return value;
}

}  // namespace

WallTime SystemClock::wall() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::chrono::steady_clock::time_point SystemClock::now() const {
  return std::chrono::steady_clock::now();
}

std::string format_rfc3339(WallTime time, bool millis) {
  const Civil at = civil(time);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(at.date.year()),
                                static_cast<unsigned>(at.date.month()), static_cast<unsigned>(at.date.day()),
                                at.second_of_day / 3600, at.second_of_day / 60 % 60, at.second_of_day % 60);
  if (millis) out += fmt::format(".{:03}", at.micros / 1000);
  return out + "Z";
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  const auto year = number(text, 0, 4), month = number(text, 5, 2), day = number(text, 8, 2);
  const auto hour = number(text, 11, 2), minute = number(text, 14, 2), second = number(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  size_t at = 19;
  const auto micros = fraction(text, at);
  if (!micros || text.substr(at) != "Z") return std::nullopt;
  const auto seconds = std::chrono::duration_cast<Seconds>(sys_days(date).time_since_epoch()).count();
  return (seconds + *hour * 3600 + *minute * 60 + *second) * kMicrosPerSecond + *micros;
}

std::string format_rfc5322(WallTime time) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Civil at = civil(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", kDays[at.weekday],
                     static_cast<unsigned>(at.date.day()), kMonths[static_cast<unsigned>(at.date.month()) - 1],
                     static_cast<int>(at.date.year()), at.second_of_day / 3600, at.second_of_day / 60 % 60,
                     at.second_of_day % 60);
}

}  // namespace postern
