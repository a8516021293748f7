#include "response/change/schema.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "response/change/merge.h"

namespace postern::change {
namespace {

constexpr size_t kSecretIdLimit = 64;  // octets

using Fields = std::shared_ptr<const std::vector<Field>>;

const Field* find(const std::vector<Field>& fields, std::string_view name) {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [name](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

std::string check_text(const Field& field, const Json& value) {
  if (!value.is_string()) return "a text";
  const auto& words = value.get_ref<const std::string&>();
  if (words.size() > kTextLimit) return "a text of at most " + std::to_string(kTextLimit) + " octets";
  return field.check ? field.check(words) : std::string();
}

std::string check_number(const Field& field, const Json& value) {
  const std::string range = "a whole number from " + std::to_string(field.least) + " to " + std::to_string(field.most);
  if (!value.is_number_integer()) return range;
  // Beyond int64 nlohmann keeps an unsigned number: compared as such, it cannot wrap.
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(field.most)) return range;
  const auto whole = value.get<int64_t>();
  return whole < field.least || whole > field.most ? range : std::string();
}

std::string check_texts(const Field& field, const Json& value) {
  if (!value.is_array()) return "a list of texts";
  if (value.size() > kTextsLimit) return "at most " + std::to_string(kTextsLimit) + " entries";
  std::set<std::string> seen;
  for (const Json& entry : value) {
    if (std::string expected = check_text(field, entry); !expected.empty()) return expected;
    if (!seen.insert(entry.get<std::string>()).second) return "each entry once";
  }
  return {};
}

/// What is expected, or "".
std::string check(const Field& field, const Json& value) {
  switch (field.type) {
    case Field::Type::text:
      return check_text(field, value);
    case Field::Type::flag:
      return value.is_boolean() ? "" : "true or false";
    case Field::Type::number:
      return check_number(field, value);
    case Field::Type::texts:
      return check_texts(field, value);
  }
  return {};
}

Expected<Json> parse_object(const std::vector<Field>& fields, const Json& given) {
  if (!given.is_object()) return fail(ErrorCode::bad_input, {"document", "a JSON object is expected"});
  for (const auto& item : given.items())
    if (find(fields, item.key()) == nullptr)
      return fail(ErrorCode::bad_input, {printable(item.key()), "there is no such field"});
  Json out = Json::object();
  for (const Field& field : fields) {
    const auto value = given.find(field.name);
    if (value == given.end() || value->is_null()) {
      if (field.fallback.empty()) return fail(ErrorCode::bad_input, {field.name, "it has to be given"});
      out[field.name] = Json::parse(field.fallback);
      continue;
    }
    if (std::string expected = check(field, *value); !expected.empty())
      return fail(ErrorCode::bad_input, {field.name, expected + " is expected"});
    out[field.name] = *value;
  }
  return out;
}

Json coerce_text(const std::vector<Field>& fields, const std::string& name, const Json& typed) {
  const Field* field = find(fields, name);
  if (field == nullptr || typed.is_null()) return typed;
  if (field->type == Field::Type::text && (typed.is_number() || typed.is_boolean())) return dump_json(typed);
  if (!typed.is_string()) return typed;
  const auto& words = typed.get_ref<const std::string&>();
  if (field->type == Field::Type::texts) {
    Json list = Json::array();
    for (const std::string_view part : split(words, ','))
      if (!trim(part).empty()) list.push_back(std::string(trim(part)));
    return list;
  }
  int64_t whole = 0;
  const char* end = words.data() + words.size();
  if (field->type == Field::Type::number && std::from_chars(words.data(), end, whole).ptr == end && !words.empty())
    return whole;
  return typed;
}

Field make(Field::Type type, std::string name, std::string fallback, TextCheck check_with = nullptr) {
  Field field;
  field.type = type;
  field.name = std::move(name);
  field.fallback = std::move(fallback);
  field.check = std::move(check_with);
  return field;
}

}  // namespace

Field text(std::string name, TextCheck check_with) {
  return make(Field::Type::text, std::move(name), "", std::move(check_with));
}

Field text_or(std::string name, const std::string& fallback, TextCheck check_with) {
  return make(Field::Type::text, std::move(name), dump_json(fallback), std::move(check_with));
}

Field flag(std::string name, bool fallback) {
  return make(Field::Type::flag, std::move(name), fallback ? "true" : "false");
}

Field number(std::string name, int64_t fallback, int64_t least, int64_t most) {
  Field field = make(Field::Type::number, std::move(name), std::to_string(fallback));
  field.least = least;
  field.most = most;
  return field;
}

Field texts(std::string name, TextCheck check_with) {
  return make(Field::Type::texts, std::move(name), "[]", std::move(check_with));
}

Field secret_id(std::string name) {
  Field field = text_or(std::move(name), "", [](const std::string& id) {
    return id.size() <= kSecretIdLimit && is_ascii(id) ? "" : "the id of a secret";
  });
  field.secret = true;
  return field;
}

Field choice(std::string name, std::vector<std::string> values, const std::string& fallback) {
  return text_or(std::move(name), fallback, [values = std::move(values)](const std::string& given) {
    if (std::find(values.begin(), values.end(), given) != values.end()) return std::string();
    std::string expected;
    for (const std::string& value : values) expected += (expected.empty() ? "" : " or ") + value;
    return expected;
  });
}

DocumentKind make_kind(std::string name, std::string only_id, std::vector<Field> list) {
  const Fields fields = std::make_shared<const std::vector<Field>>(std::move(list));
  DocumentKind kind;
  kind.name = std::move(name);
  kind.only_id = std::move(only_id);
  kind.removable = kind.only_id.empty();
  kind.parse = [fields](const Json& given) { return parse_object(*fields, given); };
  kind.canonical = [](const Json& document) { return canonical_json(document); };
  kind.diff = [](const Json& before, const Json& after) { return Json::diff(before, after); };
  kind.coerce = [fields](const std::string& field, const Json& typed) { return coerce_text(*fields, field, typed); };
  std::set<std::string> sets;
  for (const Field& field : *fields) {
    if (field.type == Field::Type::texts) sets.insert(field.name);
    if (field.secret) kind.secret_fields.push_back(field.name);
  }
  kind.merge = [sets](const Json& base, const Json& mine, const Json& theirs) {
    return merge_objects(base, mine, theirs, sets);
  };
  if (!kind.only_id.empty())
    if (const auto complete = parse_object(*fields, Json::object())) kind.fallback = canonical_json(*complete);
  return kind;
}

}  // namespace postern::change
