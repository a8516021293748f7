#include "cli/files.h"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace postern::cli {

api::Outcome<std::string> read_file(const std::string& path, size_t limit) {
  std::ifstream file(path, std::ios::binary);
  std::string text(limit + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file && !file.eof()) return Error{ErrorCode::io_error, {path, std::generic_category().message(errno)}};
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > limit) return Error{ErrorCode::too_large, {path, std::to_string(limit)}};
  return text;
}

}  // namespace postern::cli
