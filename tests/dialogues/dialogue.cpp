#include "dialogues/dialogue.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace postern::test {
namespace {

constexpr size_t kNone = std::string_view::npos;

std::string_view without_end(std::string_view line) {
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

void parse_rules(std::string_view text, Dialogue& out) {
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    out.rules.emplace_back(word.substr(0, equals), equals == kNone ? "" : word.substr(equals + 1));
  }
}

bool parse_step(std::string_view line, size_t number, Dialogue& out) {
  const size_t colon = line.find(':');
  if (colon == kNone || colon == 0 || line.substr(0, colon).find(' ') != kNone) return false;
  std::string_view text = line.substr(colon + 1);
  if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  out.steps.push_back({std::string(line.substr(0, colon)), std::string(text), number});
  return true;
}

size_t number(std::string_view text, int base) {
  size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

/// One escape at `text[i]`; moves `i` to its last octet.
char unescape_one(std::string_view text, size_t& i) {
  const char c = text[++i];
  switch (c) {
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '0':
      return '\0';
    case 'x':
      i += 2;
      return static_cast<char>(number(text.substr(i - 1, 2), 16));
    default:
      return c;
  }
}

}  // namespace

std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t star = text[i] == '{' ? text.find('*', i) : kNone;
    const size_t end = star == kNone ? kNone : text.find('}', star);
    if (end != kNone) {
      const std::string piece = unescape(text.substr(i + 1, star - i - 1));
      for (size_t left = number(text.substr(star + 1, end - star - 1), 10); left > 0; --left) out += piece;
      i = end;
    } else if (text[i] == '\\' && i + 1 < text.size()) {
      out.push_back(unescape_one(text, i));
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool matches(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == kNone) return pattern == text;
  if (text.substr(0, star) != pattern.substr(0, star)) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (size_t i = star; i <= text.size(); ++i)
    if (matches(rest, text.substr(i))) return true;
  return false;
}

std::vector<Dialogue> parse_dialogues(std::string_view text, const std::string& file, std::string& error) {
  std::vector<Dialogue> out;
  std::istringstream lines{std::string(text)};
  size_t count = 0;
  for (std::string raw; std::getline(lines, raw);) {
    const std::string_view line = without_end(raw);
    ++count;
    if (line.empty() || line.front() == '#') continue;
    if (line.substr(0, 3) == "== ") {
      out.push_back({std::string(line.substr(3)), file, {}, {}});
    } else if (out.empty()) {
      error = file + ": a line before the first dialogue";
    } else if (line.substr(0, 6) == "rules ") {
      parse_rules(line.substr(6), out.back());
    } else if (!parse_step(line, count, out.back())) {
      error = file + ":" + std::to_string(count) + ": not understood: " + std::string(line);
    }
  }
  return out;
}

std::vector<Dialogue> load_dialogues(const std::string& folder, std::string& error) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  if (failed || files.empty()) error = folder + ": no dialogues";
  std::sort(files.begin(), files.end());
  std::vector<Dialogue> out;
  for (const auto& path : files) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    std::vector<Dialogue> some = parse_dialogues(text.str(), path.filename().string(), error);
    std::move(some.begin(), some.end(), std::back_inserter(out));
  }
  return out;
}

}  // namespace postern::test
