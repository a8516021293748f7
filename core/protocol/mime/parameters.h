// Content-Type and Content-Disposition: RFC 2045 section 5.1, RFC 2183, RFC 2231. Tolerant and bounded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/mime/fold.h"

namespace postern::mime {

constexpr size_t kParameterLimit = 1000;  ///< parameters taken from one field

/// One parameter as it stands: "filename*0*" and its value without quotes.
struct RawParameter {
  std::string name;   ///< lower case
  std::string value;  ///< octets
  bool quoted = false;
};

/// A field value taken apart: what stands before the first ';', then the parameters.
struct RawParameters {
  std::string head;  ///< "text/plain", "attachment": comments and white space taken out, case kept
  std::vector<RawParameter> parameters;
};
RawParameters read_parameters(std::string_view field_value);

struct Parameter {
  std::string name;   ///< lower case, without RFC 2231's stars
  std::string value;  ///< UTF-8; encoded words decoded too, as many mailers write them
};

/// The parameters put together: continuations joined, percent escapes and charsets decoded. The first of a name counts.
std::vector<Parameter> parse_parameters(const RawParameters& raw);
/// The value of a parameter, or nullptr.
const std::string* find_parameter(const std::vector<Parameter>& parameters, std::string_view name);
const std::string* find_parameter(std::vector<Parameter>&& parameters, std::string_view name) = delete;

/// Writes a field value with non-ASCII values in RFC 2231's form (RFC 6857 section 3.1.5). False, and nothing is
/// written, when there are more parameters than are read.
bool write_parameters(std::string_view field_value, FieldWriter& writer);

}  // namespace postern::mime
