#include "defence/identity/weak_password.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/text.h"

namespace postern::identity {
namespace {

// Tried first by everybody who guesses. Sorted.
constexpr std::string_view kCommon[] = {
    "abc",      "access", "admin",    "administrator", "adobe",      "apple",    "asdf",     "asdfgh", "asdfghjkl",
    "azerty",   "bailey", "baseball", "batman",        "changeme",   "charlie",  "computer", "daniel", "default",
    "donald",   "dragon", "email",    "flower",        "football",   "freedom",  "guest",    "hello",  "hunter",
    "iloveyou", "jesus",  "jordan",   "killer",        "letmein",    "login",    "love",     "mail",   "master",
    "michael",  "monkey", "mustang",  "office",        "pass",       "passwd",   "password", "pepper", "postern",
    "princess", "qazwsx", "qwer",     "qwerty",        "qwertyuiop", "root",     "samsung",  "secret", "server",
    "shadow",   "solo",   "starwars", "summer",        "sunshine",   "superman", "support",  "temp",   "test",
    "trustno",  "user",   "welcome",  "whatever",      "winter",     "yahoo",    "zaq",      "zxcvbn", "zxcvbnm"};

static_assert(std::is_sorted(std::begin(kCommon), std::end(kCommon)));

// What stands for a letter to those who think it helps.
char letter_for(char c) {
  constexpr std::string_view kDigits = "013457@$!", kLetters = "oleasTasi";
  const size_t at = kDigits.find(c);
  return ascii_lower(at == std::string_view::npos ? c : kLetters[at]);
}

/// Without digits and signs at its end, which everybody adds last.
std::string_view stem_of(std::string_view text) {
  while (!text.empty() && !is_alpha(text.back()) && static_cast<unsigned char>(text.back()) < 128)
    text.remove_suffix(1);
  return text;
}

bool is_common(std::string_view text) {
  return text.empty() || std::binary_search(std::begin(kCommon), std::end(kCommon), text);
}

size_t characters_in(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string_view weakness_name(Weakness weakness) {
  constexpr std::array<std::string_view, 4> kNames = {"", "short", "common", "personal"};
  return kNames[static_cast<size_t>(weakness)];
}

Weakness weakness_of(const Secret& password, std::string_view address) {
  std::string lower = to_lower(password.reveal()), letters = lower;
  std::transform(letters.begin(), letters.end(), letters.begin(), letter_for);
  Weakness out = Weakness::none;
  if (is_common(stem_of(lower)) || is_common(letters) || is_common(stem_of(letters))) {
    out = Weakness::common;
  } else {
    const std::string whole = to_lower(address);
    std::vector<std::string_view> own = split(whole, '@');
    own.push_back(whole);
    const std::string_view stem = stem_of(lower);
    if (std::any_of(own.begin(), own.end(), [&](std::string_view name) { return name == lower || name == stem; }))
      out = Weakness::personal;
    else if (characters_in(lower) < kStrongLength)
      out = Weakness::short_;
  }
  wipe(lower);
  wipe(letters);
  return out;
}

}  // namespace postern::identity
