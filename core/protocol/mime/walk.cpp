#include "protocol/mime/walk.h"

#include <algorithm>

#include "base/text.h"

namespace postern::mime {
namespace {

constexpr size_t kBoundaryLimit = 256;  // RFC 2046 section 5.1.1 says 70
constexpr size_t kNoFrame = SIZE_MAX;

struct Frame {
  size_t part;
  std::string boundary;  ///< empty for all but multiparts
};

/// Fills in what the header of a part says.
void describe_part(Part& part, std::string_view default_type) {
  const Header header = read_header(part.header);
  part.type = default_type;
  if (const Field* field = header.find("Content-Type")) {
    const RawParameters raw = read_parameters(field->value);
    part.parameters = parse_parameters(raw);
    const size_t slash = raw.head.find('/');
    // RFC 2045 section 5.2: what cannot be understood is text/plain.
    const bool good = slash != std::string::npos && slash > 0 && slash + 1 < raw.head.size() &&
                      raw.head.find('/', slash + 1) == std::string::npos;
    part.type = good ? to_lower(raw.head) : "text/plain";
  }
  if (const Field* field = header.find("Content-Transfer-Encoding")) part.transfer = transfer_of(field->value);
  if (const Field* field = header.find("Content-Disposition")) {
    const RawParameters raw = read_parameters(field->value);
    part.disposition = to_lower(raw.head);
    const std::vector<Parameter> parameters = parse_parameters(raw);
    if (const std::string* name = find_parameter(parameters, "filename")) part.filename = *name;
  }
  if (part.filename.empty())
    if (const std::string* name = find_parameter(part.parameters, "name")) part.filename = *name;
}

class Walker {
 public:
  Walker(std::string_view message, const WalkLimits& limits) : text_(message), limits_(limits) {}

  Walk run() {
    begin_part(0, SIZE_MAX);
    std::string_view rest = text_;
    std::string_view line;
    while (!stopped_ && next_line(rest, line)) {
      // Nothing can end the body of a message without multiparts.
      if (!in_header_ && multiparts_ == 0) break;
      take_line(line, text_.size() - rest.size());
    }
    end_headers(text_.size());
    walk_.defective = walk_.defective || multiparts_ > 0;
    close_frames(0, text_.size());
    return std::move(walk_);
  }

 private:
  void take_line(std::string_view line, size_t end) {
    const size_t begin = end - line.size();
    if (line.starts_with("--") && multiparts_ > 0) {
      bool closing = false;
      const size_t frame = match(line, closing);
      if (frame != kNoFrame) {
        take_boundary(frame, begin, end, closing);
        return;
      }
    }
    if (!in_header_) return;
    if (chomp(line).empty()) {
      end_header(end);
    } else if (!is_blank(line.front()) && !begins_field(line) && !(begin == 0 && is_mbox_line(line))) {
      walk_.defective = true;
      end_headers(begin);
    }
  }

  /// The innermost multipart whose boundary the line is (RFC 2046 section 5.1.1).
  size_t match(std::string_view line, bool& closing) const {
    const std::string_view text = chomp(line).substr(2);
    for (size_t i = frames_.size(); i-- > 0;) {
      const std::string& boundary = frames_[i].boundary;
      if (boundary.empty() || !text.starts_with(boundary)) continue;
      const std::string_view tail = text.substr(boundary.size());
      closing = tail.starts_with("--");
      if (closing || trim(tail).empty()) return i;
    }
    return kNoFrame;
  }

  void take_boundary(size_t frame, size_t begin, size_t end, bool closing) {
    end_headers(begin);
    size_t content = begin;
    // The line end before a boundary belongs to the boundary.
    if (content > 0 && text_[content - 1] == '\n') --content;
    if (content > 0 && content < begin && text_[content - 1] == '\r') --content;
    walk_.defective = walk_.defective || has_multipart_above(frame);
    close_frames(frame + 1, content);
    const size_t parent = frames_[frame].part;
    if (closing) {
      close_frames(frame, end);
      in_header_ = false;
    } else {
      begin_part(end, parent);
    }
  }

  bool has_multipart_above(size_t frame) const {
    for (size_t i = frame + 1; i < frames_.size(); ++i)
      if (!frames_[i].boundary.empty()) return true;
    return false;
  }

  void begin_part(size_t at, size_t parent) {
    if (walk_.parts.size() >= limits_.parts) {
      walk_.truncated = stopped_ = true;
      in_header_ = false;
      return;
    }
    Part part;
    part.parent = parent;
    part.depth = static_cast<uint32_t>(frames_.size());
    if (parent != SIZE_MAX) ++walk_.parts[parent].children;
    frames_.push_back({walk_.parts.size(), {}});
    walk_.parts.push_back(std::move(part));
    header_begin_ = at;
    in_header_ = true;
  }

  /// Ends the header here, and that of a message inside, which is empty then.
  void end_headers(size_t body) {
    while (in_header_) end_header(body);
  }

  void end_header(size_t body) {
    in_header_ = false;
    const size_t index = frames_.back().part;
    Part& part = walk_.parts[index];
    part.header = text_.substr(header_begin_, body - header_begin_);
    part.body = text_.substr(body);
    const bool digest = part.parent != SIZE_MAX && walk_.parts[part.parent].type == "multipart/digest";
    describe_part(part, digest ? "message/rfc822" : "text/plain");  // RFC 2046 section 5.1.5
    descend(index, body);
  }

  void descend(size_t index, size_t body) {
    const Part& part = walk_.parts[index];
    const bool multipart = part.type.starts_with("multipart/");
    const bool message = (part.type == "message/rfc822" || part.type == "message/global") &&
                         part.transfer != Transfer::base64 && part.transfer != Transfer::quoted_printable;
    if (!multipart && !message) return;
    if (frames_.size() >= limits_.depth) {
      walk_.truncated = true;
      return;
    }
    if (message) {
      begin_part(body, index);
      return;
    }
    const std::string* boundary = find_parameter(part.parameters, "boundary");
    if (boundary == nullptr || boundary->empty() || boundary->size() > kBoundaryLimit) {
      walk_.defective = true;
      return;
    }
    frames_.back().boundary = *boundary;
    ++multiparts_;
  }

  /// Ends the parts of all frames from `first` on.
  void close_frames(size_t first, size_t end) {
    while (frames_.size() > first) {
      end_part(walk_.parts[frames_.back().part], end);
      if (!frames_.back().boundary.empty()) --multiparts_;
      frames_.pop_back();
    }
  }

  /// The line end that belongs to a boundary may be the empty line after a header, or what came before the part.
  void end_part(Part& part, size_t end) const {
    const auto offset = [this](std::string_view piece) { return static_cast<size_t>(piece.data() - text_.data()); };
    const size_t body = std::min(offset(part.body), end);
    const size_t header = std::min(offset(part.header), body);
    part.header = text_.substr(header, std::min(part.header.size(), body - header));
    part.body = text_.substr(body, end - body);
  }

  std::string_view text_;
  WalkLimits limits_;
  Walk walk_;
  std::vector<Frame> frames_;
  size_t multiparts_ = 0;  ///< open ones
  size_t header_begin_ = 0;
  bool in_header_ = false;
  bool stopped_ = false;
};

}  // namespace

std::string_view Part::charset() const {
  const std::string* value = find_parameter(parameters, "charset");
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

Walk walk(std::string_view message, const WalkLimits& limits) {
  return Walker(message, limits).run();
}

}  // namespace postern::mime
