// What a command line says, taken apart. Pure parsers, RFC 5321 section 4.1.2, RFC 1870, 3030, 3461, 4954, 6152, 6531.
// Private to protocol/smtp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/mime/address.h"
#include "protocol/smtp/reply.h"

namespace postern::smtp {

constexpr size_t kRouteLimit = 512;  ///< octets of a path with its source route
constexpr size_t kEnvidLimit = 100;  ///< octets of xtext, RFC 3461 section 4.4
constexpr size_t kOrcptLimit = 500;  ///< octets, RFC 3461 section 4.2
constexpr size_t kSizeDigits = 20;   ///< RFC 1870 section 3

/// Why a command is refused; `reason` is for the trace and holds printable ASCII.
struct Refusal {
  Reply reply = Reply::none;
  std::string reason;
  explicit operator bool() const { return reply != Reply::none; }
};

/// Between the brackets of MAIL or RCPT.
struct Path {
  std::optional<mime::Mailbox> mailbox;  ///< empty: the null path, or "postmaster" without domain
  bool postmaster = false;
  bool routed = false;  ///< a source route stood before it; it is ignored, RFC 5321 appendix C
  bool non_ascii = false;
};

struct MailParameters {
  std::optional<uint64_t> size;  ///< saturates
  bool eight_bit = false;
  bool smtputf8 = false;
  std::string ret, envid;
};

struct RcptParameters {
  std::string notify, orcpt;
};

struct Chunk {
  uint64_t octets = 0;
  bool last = false;
};

/// One command with its argument parsed.
struct Request {
  std::string_view argument;  ///< without blanks around it
  Path path;
  MailParameters mail;
  RcptParameters rcpt;
};

Refusal parse_mail(Request& request);
Refusal parse_rcpt(Request& request);

/// The argument of BDAT.
enum class ChunkForm : uint8_t {
  good,
  bad_end,  ///< a size, then rubbish: refused, but the chunk can be skipped
  bad,      ///< no size at all
  lost,     ///< a size that cannot be: what follows can be told from commands by nobody
};
ChunkForm parse_chunk(std::string_view argument, Chunk& out);

/// RFC 3461 section 4; nothing when malformed or when it hides anything but printable ASCII.
std::optional<std::string> decode_xtext(std::string_view text);

}  // namespace postern::smtp
