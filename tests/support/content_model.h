// What content may come out of what went in, written the slow way: octet by octet, over the whole text. The yardstick
// for the streaming reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::test {

struct ContentModel {
  std::string stored;
  uint64_t bare = 0;
  bool nul = false;
  size_t end = std::string_view::npos;  ///< DATA: one past the end mark
};

/// `dots`: DATA; the text up to the end mark CRLF.CRLF counts (the text begins as if after a CRLF). Else BDAT: all of
/// it.
inline ContentModel model_content(std::string_view text, bool dots) {
  ContentModel out;
  bool line_start = true;
  for (size_t i = 0; i < text.size();) {
    if (dots && line_start && text[i] == '.') {
      if (text.substr(i, 3) == ".\r\n") {
        out.end = i + 3;
        return out;
      }
      line_start = false;
      ++i;
    } else if (text.substr(i, 2) == "\r\n") {
      out.stored += "\r\n";
      line_start = true;
      i += 2;
    } else if (text[i] == '\r' || text[i] == '\n') {
      ++out.bare;
      out.stored += "\r\n";
      line_start = false;
      ++i;
    } else {
      out.nul = out.nul || text[i] == '\0';
      // A blank at the very beginning would go on with the header before it: an empty line comes between.
      if (out.stored.empty() && (text[i] == ' ' || text[i] == '\t')) out.stored = "\r\n";
      out.stored += text[i];
      line_start = false;
      ++i;
    }
  }
  if (!dots && !out.stored.empty() && !out.stored.ends_with("\r\n")) out.stored += "\r\n";
  return out;
}

}  // namespace postern::test
