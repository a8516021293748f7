#include "load/options.h"

#include <functional>
#include <map>
#include <stdexcept>

namespace load {
namespace {

constexpr uint64_t kMaxCount = 5'000'000;
constexpr uint64_t kMaxSize = 64 * 1024 * 1024;
constexpr uint64_t kMaxSessions = 20'000;
constexpr uint64_t kMaxSources = 250;
constexpr uint64_t kMaxSeconds = 3'600;

using Setter = std::function<void(Options&, const std::string&)>;

uint64_t number(const std::string& text, uint64_t limit) {
  size_t used = 0;
  uint64_t value = 0;
  try {
    value = std::stoull(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (text.empty() || used != text.size() || value > limit)
    throw std::invalid_argument("a number up to " + std::to_string(limit) + ", not " + text);
  return value;
}

template <class T>
Setter count(T Options::*field, uint64_t limit) {
  return [field, limit](Options& out, const std::string& text) { out.*field = static_cast<T>(number(text, limit)); };
}

Setter flag(bool Options::*field) {
  return [field](Options& out, const std::string& text) { out.*field = number(text, 1) == 1; };
}

Setter text(std::string Options::*field) {
  return [field](Options& out, const std::string& value) { out.*field = value; };
}

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> kSetters{
      {"host", text(&Options::host)},
      {"port", count(&Options::port, 65535)},
      {"sessions", count(&Options::sessions, kMaxSessions)},
      {"count", count(&Options::count, kMaxCount)},
      {"size", count(&Options::size, kMaxSize)},
      {"tls", flag(&Options::tls)},
      {"tls12", flag(&Options::tls12)},
      {"keep_alive", flag(&Options::keep_alive)},
      {"per_session", count(&Options::per_session, kMaxCount)},
      {"from", text(&Options::from)},
      {"to", text(&Options::to)},
      {"user", text(&Options::user)},
      {"users", count(&Options::users, kMaxSessions)},
      {"first_user", count(&Options::first_user, kMaxCount)},
      {"password", text(&Options::password)},
      {"authenticate", flag(&Options::authenticate)},
      {"pop3", flag(&Options::pop3)},
      {"messages", count(&Options::messages, kMaxCount)},
      {"sources", count(&Options::sources, kMaxSources)},
      {"time_limit", count(&Options::time_limit, kMaxSeconds)},
      {"first", count(&Options::first, UINT64_MAX)},
      {"acknowledged", text(&Options::acknowledged)},
  };
  return kSetters;
}

Options::Mode parse_mode(const std::string& word) {
  if (word == "smtp") return Options::Mode::smtp;
  if (word == "retr") return Options::Mode::retr;
  if (word == "login") return Options::Mode::login;
  if (word == "idle") return Options::Mode::idle;
  throw std::invalid_argument("mode: smtp, retr, login or idle, not " + word);
}

}  // namespace

Options parse_options(const std::vector<std::string>& words) {
  if (words.empty()) throw std::invalid_argument("postern_load smtp|retr|login|idle name=value ...");
  Options out;
  out.mode = parse_mode(words[0]);
  for (size_t i = 1; i < words.size(); ++i) {
    const size_t sign = words[i].find('=');
    const auto setter = setters().find(words[i].substr(0, sign));
    if (sign == std::string::npos || setter == setters().end())
      throw std::invalid_argument("not understood: " + words[i]);
    setter->second(out, words[i].substr(sign + 1));
  }
  return out;
}

}  // namespace load
