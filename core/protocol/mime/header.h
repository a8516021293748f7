// Header blocks: RFC 5322 section 2.2, RFC 6532. Positions are octet-exact and nothing is copied. Reads what comes: LF
// alone for a line end, white space before the colon, a leading mbox line. Pure functions, linear time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::mime {

constexpr size_t kFieldLimit = 10'000;  ///< fields kept of one block; more are counted as left out

/// One field; views into the text that was read.
struct Field {
  std::string_view name;   ///< without white space
  std::string_view value;  ///< behind the colon, folds and all, without the last line end
  std::string_view raw;    ///< the whole field with its line ends
};

struct Header {
  std::vector<Field> fields;
  size_t end = 0;           ///< where the body begins
  size_t left_out = 0;      ///< fields beyond kFieldLimit
  bool blank_line = false;  ///< the block ended as it should
  bool defective = false;   ///< a line that is no field ended it, or was passed over

  /// The first field of that name (any case), or nullptr.
  const Field* find(std::string_view name) const;
};

Header read_header(std::string_view text);

/// The value as one line: line ends taken out, white space at both ends too (RFC 5322 section 2.2.3).
std::string unfold(std::string_view value);

/// A line that begins a field: name, colon (RFC 5322 section 2.2).
bool begins_field(std::string_view line);
/// The line that mailbox files put before a message: no field, but no body either.
bool is_mbox_line(std::string_view line);

/// Lines of a text: `line` gets the next one with its line end (CRLF or LF); false at the end.
bool next_line(std::string_view& rest, std::string_view& line);
/// A line without its line end.
std::string_view chomp(std::string_view line);

}  // namespace postern::mime
