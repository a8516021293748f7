#include "protocol/mime/describe.h"

#include "base/text.h"
#include "protocol/mime/address_list.h"
#include "protocol/mime/charset.h"
#include "protocol/mime/date.h"
#include "protocol/mime/encoded_word.h"
#include "protocol/mime/walk.h"

namespace postern::mime {
namespace {

std::string_view bounded(std::string_view value) {
  return value.substr(0, kDescribedText);
}

/// RFC 5322 section 3.6.4: what stands in the first angle brackets, or the first word.
std::string first_id(std::string_view value) {
  Lexer lexer(value);
  std::string word;
  for (Token token = lexer.next(); token.kind != Token::Kind::end; token = lexer.next()) {
    if (token.is('<')) {
      const std::string_view rest = lexer.rest();
      return to_utf8(unfold(rest.substr(0, rest.find('>'))));
    }
    const bool gap = token.kind == Token::Kind::blank || token.kind == Token::Kind::comment;
    if (gap && !word.empty()) break;
    if (!gap) word += token.text;
  }
  return to_utf8(word);
}

void describe_header(const Header& header, Description& out) {
  if (const Field* field = header.find("Subject")) out.subject = decode_words(unfold(bounded(field->value)));
  if (const Field* field = header.find("Date")) out.date = parse_date(bounded(field->value));
  if (const Field* field = header.find("Message-ID")) out.message_id = first_id(bounded(field->value));
  if (const Field* field = header.find("From"))
    for (const Address& address : parse_address_list(bounded(field->value))) out.from.push_back(address.address);
}

DescribedPart describe_leaf(const Part& part, const std::function<std::string(BytesView)>& digest) {
  DescribedPart out;
  out.type = to_utf8(part.type);
  out.charset = part.charset();
  out.filename = part.filename;
  out.disposition = to_utf8(part.disposition);
  if (part.transfer == Transfer::identity || part.transfer == Transfer::unknown) {
    out.size = part.body.size();
    if (digest) out.digest = digest(as_bytes(part.body));
    return out;
  }
  const std::string decoded = decode_transfer(part.transfer, part.body);
  out.size = decoded.size();
  if (digest) out.digest = digest(as_bytes(decoded));
  return out;
}

}  // namespace

Description describe(BytesView message, const std::function<std::string(BytesView)>& digest) {
  const Walk walked = walk(as_text(message));
  Description out;
  out.truncated = walked.truncated;
  out.defective = walked.defective;
  describe_header(read_header(walked.parts.front().header), out);
  for (const Part& part : walked.parts)
    if (part.leaf()) out.parts.push_back(describe_leaf(part, digest));
  return out;
}

}  // namespace postern::mime
