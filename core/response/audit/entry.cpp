#include "response/audit/entry.h"

#include "base/text.h"
#include "response/audit/octets.h"

namespace postern::audit {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kLinkTag = 2;  // 0 and 1 are the tree's

bool take_field(BytesView& in, std::string& out) {
  uint32_t size = 0;
  if (!take_number(in, size) || size > kEntryFieldLimit || size > in.size()) return false;
  out = as_text(in.first(size));
  in = in.subspan(size);
  return is_utf8(out);
}

}  // namespace

void serialise(const Entry& entry, Bytes& out) {
  out.clear();
  out.push_back(kVersion);
  put_number(out, entry.seq);
  put_number(out, static_cast<uint64_t>(entry.time));
  for (const std::string* field : {&entry.actor, &entry.via, &entry.action, &entry.object}) {
    put_number(out, static_cast<uint32_t>(field->size()));
    put_octets(out, as_bytes(*field));
  }
  put_octets(out, entry.commitment);
}

Bytes serialise(const Entry& entry) {
  Bytes out;
  serialise(entry, out);
  return out;
}

std::optional<Entry> parse_entry(BytesView octets) {
  Entry entry;
  uint64_t time = 0;
  if (octets.empty() || octets.front() != kVersion) return std::nullopt;
  octets = octets.subspan(1);
  if (!take_number(octets, entry.seq) || !take_number(octets, time)) return std::nullopt;
  entry.time = static_cast<WallTime>(time);
  for (std::string* field : {&entry.actor, &entry.via, &entry.action, &entry.object})
    if (!take_field(octets, *field)) return std::nullopt;
  if (!take_octets(octets, entry.commitment) || !octets.empty()) return std::nullopt;
  return entry;
}

Digest commit_to(BytesView salt, BytesView payload) {
  return crypto::sha256({salt, payload});
}

Digest link(const Digest& previous, BytesView entry) {
  const uint8_t tag[] = {kLinkTag};
  return crypto::sha256({tag, previous, entry});
}

std::string entry_field(std::string_view text) {
  std::string out = is_utf8(text) ? std::string(text) : printable(text, kEntryFieldLimit);
  if (out.size() <= kEntryFieldLimit) return out;
  size_t end = kEntryFieldLimit;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
  out.resize(end);
  return out;
}

}  // namespace postern::audit
