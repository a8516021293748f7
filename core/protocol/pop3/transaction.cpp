// RFC 1939 sections 5 to 7: what a client does with an opened mailbox, and the way out.
#include <charconv>

#include "base/text.h"
#include "protocol/pop3/state.h"

namespace postern::pop3 {
namespace {

constexpr size_t kListingStep = 16 * 1024;  // octets of a listing sent at a time
constexpr size_t kNumberLimit = 10;         // digits
constexpr std::string_view kNoStore = "-ERR [SYS/TEMP] The mailbox cannot be read now";

/// Digits and nothing else, at most UINT32_MAX.
std::optional<uint32_t> parse_number(std::string_view text) {
  if (text.empty() || text.size() > kNumberLimit || !is_digit(text.front())) return std::nullopt;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Entry {
  uint64_t size = 0;
  std::string unique_id;
};

bool read_entry(const Step& step, uint32_t number, Entry& entry) {
  return step.state.mailbox->entry(number, entry.size, entry.unique_id);
}

void append_line(std::string& text, uint32_t number, const Entry& entry, bool unique_ids) {
  text += std::to_string(number);
  text += ' ';
  if (unique_ids)
    text += entry.unique_id;
  else
    text += std::to_string(entry.size);
}

uint32_t left(const Step& step) {
  return step.state.mailbox->count() - step.state.marks.count();
}
uint64_t octets_left(const Step& step) {
  return step.state.mailbox->octets() - step.state.marks.octets();
}

std::string totals(const Step& step) {
  return std::to_string(left(step)) + " messages (" + std::to_string(octets_left(step)) + " octets)";
}

void list_one(Step& step, std::string_view argument, bool unique_ids) {
  const uint32_t number = *parse_number(argument);
  Entry entry;
  if (!read_entry(step, number, entry)) {
    step.refuse(kNoStore, "store-read");
    return;
  }
  std::string text = "+OK ";
  append_line(text, number, entry, unique_ids);
  step.reply(text);
}

void list_all(Step& step, bool unique_ids) {
  step.state.listing_uids = unique_ids;
  step.state.listing_next = 1;
  continue_listing(step, true);
}

void fetch(Step& step, uint32_t number, std::optional<uint32_t> lines) {
  Entry entry;
  if (!read_entry(step, number, entry)) {
    step.refuse(kNoStore, "store-read");
    return;
  }
  const Downgrade downgrade = step.state.utf8 ? Downgrade::never : step.context.rules.limits().downgrade;
  step.state.delivery = std::make_unique<Delivery>(entry.size, lines, downgrade);
  step.ask(Question::Kind::fetch).message = number;
}

std::pair<std::string_view, std::string_view> split_two(std::string_view argument) {
  const size_t blank = argument.find(' ');
  if (blank == std::string_view::npos) return {argument, {}};
  return {argument.substr(0, blank), trim(argument.substr(blank))};
}

}  // namespace

std::string_view check_message(Step& step, std::string_view argument) {
  const std::optional<uint32_t> number = parse_number(argument);
  if (!number) return "-ERR Not a message number";
  if (*number == 0 || *number > step.state.mailbox->count()) return "-ERR No such message";
  return step.state.marks.has(*number) ? "-ERR The message is deleted" : "";
}

std::string_view check_optional_message(Step& step, std::string_view argument) {
  return argument.empty() ? "" : check_message(step, argument);
}

std::string_view check_top(Step& step, std::string_view argument) {
  const auto [message, lines] = split_two(argument);
  if (!parse_number(lines)) return "-ERR A message number and a number of lines are expected";
  return check_message(step, message);
}

void proceed_stat(Step& step, std::string_view) {
  step.reply("+OK " + std::to_string(left(step)) + " " + std::to_string(octets_left(step)));
}

void proceed_list(Step& step, std::string_view argument) {
  if (argument.empty())
    list_all(step, false);
  else
    list_one(step, argument, false);
}

void proceed_uidl(Step& step, std::string_view argument) {
  if (argument.empty())
    list_all(step, true);
  else
    list_one(step, argument, true);
}

void continue_listing(Step& step, bool first) {
  Session::State& state = step.state;
  std::string text;
  const uint32_t count = state.mailbox->count();
  Entry entry;
  for (; state.listing_next <= count && text.size() < kListingStep; ++state.listing_next) {
    if (state.marks.has(state.listing_next)) continue;
    if (!read_entry(step, state.listing_next, entry)) {
      if (first) {
        step.refuse(kNoStore, "store-read");
      } else {
        // A terminator now would pass a part off as the whole listing.
        step.note(Decision::defer, "store-read", "in the middle of a listing");
        step.close("the store failed in the middle of a listing");
      }
      return;
    }
    append_line(text, state.listing_next, entry, state.listing_uids);
    text += "\r\n";
  }
  if (first) step.reply("+OK " + totals(step));
  const bool complete = state.listing_next > count;
  if (complete) text += ".\r\n";
  step.out.send(text);
  if (!complete) step.ask(Question::Kind::listing);
}

void proceed_retr(Step& step, std::string_view argument) {
  fetch(step, *parse_number(argument), std::nullopt);
}

void proceed_top(Step& step, std::string_view argument) {
  const auto [message, lines] = split_two(argument);
  fetch(step, *parse_number(message), *parse_number(lines));
}

void proceed_dele(Step& step, std::string_view argument) {
  const uint32_t number = *parse_number(argument);
  Entry entry;
  if (!read_entry(step, number, entry)) {
    step.refuse(kNoStore, "store-read");
    return;
  }
  step.state.marks.set(number, entry.size);
  step.reply("+OK Marked for deletion");
}

void proceed_rset(Step& step, std::string_view) {
  step.state.marks.clear();
  step.reply("+OK " + totals(step));
}

void proceed_quit(Step& step, std::string_view) {
  Session::State& state = step.state;
  if (state.phase != kTransaction || state.marks.count() == 0) {
    step.reply("+OK Bye");
    step.close("quit");
    return;
  }
  // RFC 1939 section 6: the one place where messages are removed.
  state.phase = kUpdate;
  step.context.trace.reach(Stage::commit, step.context.now);
  step.ask(Question::Kind::update).removals = state.marks.list();
}

void proceed_updated(Step& step, bool ok) {
  if (ok) {
    step.reply("+OK Bye");
  } else {
    step.note(Decision::defer, "store-update", "the removals were not done");
    step.reply("-ERR [SYS/TEMP] Some deleted messages not removed");  // RFC 1939 section 6
  }
  step.close("quit");
}

}  // namespace postern::pop3
