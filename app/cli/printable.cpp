#include "cli/printable.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace postern::cli {
namespace {

constexpr uint32_t kNoCharacter = UINT32_MAX;
constexpr size_t kColumnGap = 2;

struct Range {
  uint32_t first, last;
};

// Unicode 15: East Asian Width W and F, in the blocks that are met in mail.
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},  {0x3400, 0x4DBF},
                           {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},  {0xAC00, 0xD7A3},
                           {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},  {0xFFE0, 0xFFE6},
                           {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr Range kNoWidth[] = {{0x0300, 0x036F}, {0x200B, 0x200B}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
// C0, DEL, C1; line and paragraph separators; marks and overrides of the writing direction; the byte order mark.
constexpr Range kUnprintable[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C}, {0x200E, 0x200F},
                                  {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF}};

template <size_t N>
bool within(uint32_t character, const Range (&ranges)[N]) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [character](const Range& r) { return character >= r.first && character <= r.last; });
}

/// The character at `i` and its length; kNoCharacter and 1 when there is none (RFC 3629).
uint32_t character_at(std::string_view text, size_t i, size_t& length) {
  const auto octet = [&text](size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = octet(i);
  length = 1;
  if (lead < 0x80) return lead;
  const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || i + size > text.size()) return kNoCharacter;
  uint32_t character = lead & (0x7Fu >> size);
  for (size_t k = 1; k < size; ++k) {
    if ((octet(i + k) & 0xC0) != 0x80) return kNoCharacter;
    character = character << 6 | (octet(i + k) & 0x3Fu);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (character < kLeast[size] || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
    return kNoCharacter;
  length = size;
  return character;
}

std::string escape(char kind, uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "\\%c{%02X}", kind, static_cast<unsigned>(value));
  return text;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (size_t i = 0, length = 0; i < text.size(); i += length) {
    const uint32_t character = character_at(text, i, length);
    if (character == kNoCharacter) {
      out += escape('x', static_cast<unsigned char>(text[i]));
    } else if (within(character, kUnprintable)) {
      out += escape('u', character);
    } else {
      out += text.substr(i, length);
    }
  }
  return out;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0, length = 0; i < text.size(); i += length) {
    const uint32_t character = character_at(text, i, length);
    if (!within(character, kNoWidth)) width += within(character, kWide) ? 2 : 1;
  }
  return width;
}

void Table::add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - display_width(row[i]) + kColumnGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace postern::cli
