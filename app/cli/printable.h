// Text from elsewhere on a terminal: what came in by mail must not be able to move the cursor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::cli {

/// One line of plain text: control characters, and whatever turns the writing direction, become "\u{NN}"; octets that
/// are not UTF-8 become "\x{NN}".
std::string printable(std::string_view text);
/// Columns that a printable text takes: 2 for East Asian wide characters, 0 for combining ones.
size_t display_width(std::string_view text);

/// Rows under their heads, aligned, two blanks between the columns. Cells are made printable.
class Table {
 public:
  explicit Table(std::vector<std::string> heads) : rows_{std::move(heads)} {}
  void add(std::vector<std::string> cells);
  /// Lines with their ends, no blanks at the end of a line.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace postern::cli
