// A message in a few words: what a list, a check or a verdict wants to know of it. Pure; linear time; bounded by its
// argument.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace postern::mime {

constexpr size_t kDescribedText = 64 * 1024;  ///< octets of a field that are looked at

struct DescribedPart {
  std::string type;      ///< lower case
  std::string charset;   ///< as declared; empty when not
  std::string filename;  ///< UTF-8; empty when there is none
  std::string disposition;
  uint64_t size = 0;   ///< of the decoded octets
  std::string digest;  ///< what `digest` made of them; empty without
};

struct Description {
  std::string subject;               ///< decoded, UTF-8, one line
  std::vector<std::string> from;     ///< addresses
  std::optional<int64_t> date;       ///< Unix seconds
  std::string message_id;            ///< without angle brackets
  std::vector<DescribedPart> parts;  ///< leaf parts in order
  bool truncated = false;            ///< a limit was reached: there are more parts
  bool defective = false;
};

/// `digest` is called once a leaf with its decoded octets.
Description describe(BytesView message, const std::function<std::string(BytesView)>& digest = {});

}  // namespace postern::mime
