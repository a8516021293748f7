#include "protocol/mime/trace_header.h"

#include <algorithm>

#include "base/text.h"
#include "protocol/mime/address.h"

namespace postern::mime {
namespace {

constexpr size_t kHeloLimit = 255;  // octets, RFC 5321 section 4.5.3.1.2

bool is_name_character(char c) {
  return is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
}

/// Nothing that could end the line; everything else was checked where the path was parsed.
std::string without_controls(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }, '?');
  return out;
}

}  // namespace

std::string clean_helo(std::string_view helo) {
  helo = helo.substr(0, kHeloLimit);
  if (helo.empty()) return "unknown";
  if (is_address_literal(helo)) return std::string(helo);
  std::string out(helo);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return !is_name_character(c); }, '?');
  return out;
}

std::string received_header(const Received& what) {
  std::string out = "Received: from ";
  out += clean_helo(what.helo);
  out += " (";
  out += what.peer.to_literal();
  out += ")\r\n\tby ";
  out += what.by;
  out += " with ";
  out += what.with;
  out += " id ";
  out += what.id;
  if (!what.recipient.empty()) {
    out += "\r\n\tfor <";
    out += without_controls(what.recipient);
    out += ">";
  }
  out += ";\r\n\t";
  out += format_rfc5322(what.time);
  out += "\r\n";
  return out;
}

std::string return_path_header(std::string_view reverse_path) {
  return "Return-Path: <" + without_controls(reverse_path) + ">\r\n";
}

}  // namespace postern::mime
