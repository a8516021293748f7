// Parameters of MAIL, RCPT and BDAT.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/bytes.h"
#include "base/text.h"
#include "protocol/smtp/parse.h"

namespace postern::smtp {
namespace {

constexpr size_t kNone = std::string_view::npos;

/// KEYWORD[=value]; RFC 5321 section 4.1.2.
struct Parameter {
  std::string_view keyword;
  std::string_view value;
  bool has_value = false;
};

bool is_value_character(char c) {
  return static_cast<unsigned char>(c) > 32 && c != '=' && c != 127;
}

/// Takes the next one off `text`; false when it is no esmtp-param.
bool take_parameter(std::string_view& text, Parameter& out) {
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  text = trim(text);
  const size_t equals = word.find('=');
  out.keyword = word.substr(0, equals);
  out.has_value = equals != kNone;
  out.value = out.has_value ? word.substr(equals + 1) : std::string_view();
  const auto is_keyword = [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; };
  if (out.keyword.empty() || out.keyword.front() == '-') return false;
  if (!std::all_of(out.keyword.begin(), out.keyword.end(), is_keyword)) return false;
  return !out.has_value || (!out.value.empty() && std::all_of(out.value.begin(), out.value.end(), is_value_character));
}

/// A number of at most kSizeDigits digits; beyond 64 bits it saturates.
std::optional<uint64_t> parse_size(std::string_view text) {
  if (text.empty() || text.size() > kSizeDigits || !std::all_of(text.begin(), text.end(), is_digit))
    return std::nullopt;
  uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc::result_out_of_range ? std::numeric_limits<uint64_t>::max() : value;
}

enum class Taken : uint8_t { good, bad, unknown };

template <class Out>
struct Known {
  std::string_view keyword;
  Taken (*take)(const Parameter&, Out&);
};

Taken good_if(bool good) {
  return good ? Taken::good : Taken::bad;
}

Taken take_size(const Parameter& parameter, MailParameters& out) {
  out.size = parse_size(parameter.value);
  return good_if(out.size.has_value());
}

Taken take_body(const Parameter& parameter, MailParameters& out) {
  out.eight_bit = equal_ignoring_case(parameter.value, "8BITMIME");
  // RFC 3030 section 3 needs BINARYMIME to be offered, which it is not.
  if (equal_ignoring_case(parameter.value, "BINARYMIME")) return Taken::unknown;
  return good_if(out.eight_bit || equal_ignoring_case(parameter.value, "7BIT"));
}

Taken take_smtputf8(const Parameter& parameter, MailParameters& out) {
  out.smtputf8 = true;
  return good_if(!parameter.has_value);  // RFC 6531 section 3.4
}

Taken take_ret(const Parameter& parameter, MailParameters& out) {
  const bool full = equal_ignoring_case(parameter.value, "FULL");
  out.ret = full ? "FULL" : "HDRS";
  return good_if(full || equal_ignoring_case(parameter.value, "HDRS"));
}

Taken take_envid(const Parameter& parameter, MailParameters& out) {
  const std::optional<std::string> text = decode_xtext(parameter.value);
  if (!text || text->empty() || parameter.value.size() > kEnvidLimit) return Taken::bad;
  out.envid = *text;
  return Taken::good;
}

/// RFC 4954 section 5: looked at, believed from nobody.
Taken take_auth(const Parameter& parameter, MailParameters&) {
  const std::optional<std::string> text = decode_xtext(parameter.value);
  return good_if(text && (*text == "<>" || mime::parse_mailbox(*text, true)));
}

/// RFC 3461 section 4.1: NEVER alone, or a list of the others.
Taken take_notify(const Parameter& parameter, RcptParameters& out) {
  if (equal_ignoring_case(parameter.value, "NEVER")) {
    out.notify = "NEVER";
    return Taken::good;
  }
  constexpr std::array<std::string_view, 3> kEvents{"SUCCESS", "FAILURE", "DELAY"};
  std::array<bool, kEvents.size()> named{};
  for (const std::string_view word : split(parameter.value, ',')) {
    const auto event = std::find_if(kEvents.begin(), kEvents.end(),
                                    [word](std::string_view known) { return equal_ignoring_case(word, known); });
    if (event == kEvents.end()) return Taken::bad;
    bool& seen = named[static_cast<size_t>(event - kEvents.begin())];
    if (seen) return Taken::bad;
    seen = true;
    if (!out.notify.empty()) out.notify += ',';
    out.notify += *event;
  }
  return Taken::good;
}

/// RFC 3461 section 4.2, and the type "utf-8" of RFC 6533 section 3, which is kept as it came.
Taken take_orcpt(const Parameter& parameter, RcptParameters& out) {
  const size_t semicolon = parameter.value.find(';');
  if (semicolon == kNone || semicolon == 0 || parameter.value.size() > kOrcptLimit) return Taken::bad;
  const std::string_view type = parameter.value.substr(0, semicolon);
  const std::string_view address = parameter.value.substr(semicolon + 1);
  const auto is_type = [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; };
  if (address.empty() || !std::all_of(type.begin(), type.end(), is_type)) return Taken::bad;
  if (equal_ignoring_case(type, "utf-8")) {
    out.orcpt = parameter.value;
    return Taken::good;
  }
  const std::optional<std::string> text = decode_xtext(address);
  if (!text) return Taken::bad;
  out.orcpt = std::string(type) + ";" + *text;
  return Taken::good;
}

constexpr std::array<Known<MailParameters>, 6> kMailParameters{{{"SIZE", take_size},
                                                                {"BODY", take_body},
                                                                {"SMTPUTF8", take_smtputf8},
                                                                {"RET", take_ret},
                                                                {"ENVID", take_envid},
                                                                {"AUTH", take_auth}}};
constexpr std::array<Known<RcptParameters>, 2> kRcptParameters{{{"NOTIFY", take_notify}, {"ORCPT", take_orcpt}}};

/// Each at most once; an unknown one is not passed over, RFC 5321 section 4.1.1.11.
template <class Out, size_t N>
Refusal parse_parameters(std::string_view text, const std::array<Known<Out>, N>& known, Out& out) {
  std::array<bool, N> given{};
  text = trim(text);
  while (!text.empty()) {
    const std::string_view before = text;
    Parameter parameter;
    if (!take_parameter(text, parameter)) return {Reply::bad_parameter, printable(before)};
    const auto row = std::find_if(known.begin(), known.end(), [&](const Known<Out>& candidate) {
      return equal_ignoring_case(candidate.keyword, parameter.keyword);
    });
    if (row == known.end()) return {Reply::unknown_parameter, printable(parameter.keyword)};
    bool& seen = given[static_cast<size_t>(row - known.begin())];
    if (seen) return {Reply::bad_parameter, printable(before)};
    seen = true;
    const Taken taken = row->take(parameter, out);
    if (taken == Taken::unknown) return {Reply::unknown_parameter, printable(before)};
    if (taken == Taken::bad) return {Reply::bad_parameter, printable(before)};
  }
  return {};
}

}  // namespace

Refusal parse_mail_parameters(std::string_view text, MailParameters& out) {
  return parse_parameters(text, kMailParameters, out);
}

Refusal parse_rcpt_parameters(std::string_view text, RcptParameters& out) {
  return parse_parameters(text, kRcptParameters, out);
}

Refusal parse_mail(Request& request) {
  std::string_view text = request.argument;
  Refusal refusal = parse_path(text, "FROM:", PathRole::reverse, request.path);
  return refusal ? refusal : parse_mail_parameters(text, request.mail);
}

Refusal parse_rcpt(Request& request) {
  std::string_view text = request.argument;
  Refusal refusal = parse_path(text, "TO:", PathRole::forward, request.path);
  return refusal ? refusal : parse_rcpt_parameters(text, request.rcpt);
}

ChunkForm parse_chunk(std::string_view argument, Chunk& out) {
  const std::string_view number = argument.substr(0, argument.find_first_of(" \t"));
  const std::string_view end = trim(argument.substr(number.size()));
  if (number.empty() || !(is_digit(number.front()) || number.front() == '-' || number.front() == '+'))
    return ChunkForm::bad;
  const std::optional<uint64_t> octets = parse_size(number);
  if (!octets || *octets == std::numeric_limits<uint64_t>::max()) return ChunkForm::lost;
  out.octets = *octets;
  out.last = equal_ignoring_case(end, "LAST");
  return out.last || end.empty() ? ChunkForm::good : ChunkForm::bad_end;
}

std::optional<std::string> decode_xtext(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') {
      // hexchar: two digits in upper case, RFC 3461 section 4.
      const std::string_view digits = text.substr(i + 1, 2);
      const std::optional<Bytes> octet = from_hex(digits);
      if (digits.size() != 2 || !octet || digits.find_first_of("abcdef") != kNone) return std::nullopt;
      c = static_cast<char>(octet->front());
      i += 2;
    } else if (c == '=') {
      return std::nullopt;
    }
    if (c < 32 || c > 126) return std::nullopt;
    out.push_back(c);
  }
  return out;
}

}  // namespace postern::smtp
