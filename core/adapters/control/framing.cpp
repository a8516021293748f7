#include "adapters/control/framing.h"

namespace postern::control {

std::string frame_of(std::string_view text) {
  const Header header = header_of(text.size());
  std::string frame;
  frame.reserve(header.size() + text.size());
  frame.append(header.begin(), header.end());
  frame.append(text);
  return frame;
}

}  // namespace postern::control
