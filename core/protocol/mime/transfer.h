// Content-Transfer-Encoding: RFC 2045 section 6. Decoders take a body in pieces and make the best of damaged input.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::mime {

enum class Transfer : uint8_t { identity, base64, quoted_printable, unknown };

/// "7bit", "8bit", "binary" and nothing are identity; comments and case do not count.
Transfer transfer_of(std::string_view field_value);

/// Base64 with anything else in between; '=' ends a group, after which another may follow.
class Base64Decoder {
 public:
  void feed(std::string_view text, std::string& out);

 private:
  uint32_t group_ = 0;
  unsigned digits_ = 0;
};

/// Quoted-printable; what is no escape stays as it is. White space before a line end goes away (RFC 2045 section 6.7,
/// rule 3).
class QuotedPrintableDecoder {
 public:
  void feed(std::string_view text, std::string& out);
  /// Gives out what was held back.
  void finish(std::string& out);

 private:
  void take(char c, std::string& out);
  void take_escape(char c, std::string& out);

  std::string blanks_;  ///< white space that may stand before a line end
  std::string escape_;  ///< '=' and what followed so far
};

/// A whole body at once. Identity and unknown encodings come back as they are.
std::string decode_transfer(Transfer transfer, std::string_view body);

/// RFC 2045 base64 of any length, without line ends; tolerant.
std::string decode_base64(std::string_view text);

}  // namespace postern::mime
