// From fields to JSON and back, for core/api's own .cpp files only: the one place where messages meet nlohmann::json.
#pragma once

#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "postern/error.h"
#include "postern/fields.h"

namespace postern::api::detail {

using Json = nlohmann::ordered_json;  // keys stay in the order of the declaration

template <class T>
concept Message = requires(T& value) {
  T::visit_fields(value, [](std::string_view, auto&) {});
};
template <class T>
concept Number = std::integral<T> && !std::same_as<T, bool>;

/// Nothing when the text is no JSON, not UTF-8 or nested too deeply.
std::optional<Json> parse(std::string_view text);
std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

/// Is this message's only field its JSON as a whole (a document)?
template <Message T>
constexpr bool is_whole() {
  return requires {
    T::kIsItsOnlyField;
  };
}

/// Writes values; `ok` turns false at the first one that has no JSON form.
class Writer {
 public:
  bool ok() const { return ok_; }

  template <class T>
  Json write(const T& value) {
    if constexpr (std::same_as<T, bool> || Number<T>) {
      return Json(value);
    } else if constexpr (std::same_as<T, std::string>) {
      return Json(value);
    } else if constexpr (std::same_as<T, JsonText>) {
      return write_json(value);
    } else if constexpr (std::same_as<T, Octets>) {
      return Json(to_hex(value.bytes));
    } else {
      return write_message(value);
    }
  }
  template <class T>
  Json write(const std::vector<T>& list) {
    Json out = Json::array();
    for (const T& item : list) out.push_back(write(item));
    return out;
  }

 private:
  Json write_json(const JsonText& value) {
    std::optional<Json> parsed = parse(value.text);
    ok_ = ok_ && parsed.has_value();
    return parsed ? std::move(*parsed) : Json();
  }
  template <Message T>
  Json write_message(const T& message) {
    Json out = Json::object();
    T::visit_fields(message, [this, &out](std::string_view name, const auto& field) { this->put(out, name, field); });
    if constexpr (is_whole<T>()) return std::move(out.begin().value());
    return out;
  }
  template <class T>
  void put(Json& out, std::string_view name, const T& field) {
    out[std::string(name)] = write(field);
  }
  // An absent value has no key at all.
  template <class T>
  void put(Json& out, std::string_view name, const std::optional<T>& field) {
    if (field) out[std::string(name)] = write(*field);
  }

  bool ok_ = true;
};

/// Reads values; the first thing that does not fit stands in error(), with the path of its field.
class Reader {
 public:
  const std::optional<Error>& error() const { return error_; }

  template <class T>
  void read(const Json& json, T& value, const std::string& path) {
    if constexpr (std::same_as<T, bool>) {
      if (!json.is_boolean()) return complain(path, "true or false");
      value = json.get<bool>();
    } else if constexpr (Number<T>) {
      read_number(json, value, path);
    } else if constexpr (std::same_as<T, std::string>) {
      if (!json.is_string()) return complain(path, "text");
      value = json.get_ref<const std::string&>();
    } else if constexpr (std::same_as<T, JsonText>) {
      value.text = json.dump();
    } else if constexpr (std::same_as<T, Octets>) {
      read_octets(json, value, path);
    } else {
      read_message(json, value, path);
    }
  }
  template <class T>
  void read(const Json& json, std::vector<T>& list, const std::string& path) {
    if (!json.is_array()) return complain(path, "a list");
    list.clear();
    for (const Json& item : json) {
      if (error_) return;
      read(item, list.emplace_back(), path);
    }
  }
  template <class T>
  void read(const Json& json, std::optional<T>& value, const std::string& path) {
    if constexpr (!std::same_as<T, JsonText>) {  // null is a JSON value like any other
      if (json.is_null()) return value.reset();
    }
    read(json, value.emplace(), path);
  }

 private:
  void complain(const std::string& path, std::string_view expected) {
    if (!error_) error_ = Error{ErrorCode::bad_input, {path, std::string(expected)}};
  }
  template <Number T>
  void read_number(const Json& json, T& value, const std::string& path) {
    constexpr std::string_view kExpected = "a whole number in range";
    if (!json.is_number_integer()) return complain(path, kExpected);
    if (json.is_number_unsigned()) {
      const auto number = json.get<uint64_t>();
      if (!std::in_range<T>(number)) return complain(path, kExpected);
      value = static_cast<T>(number);
      return;
    }
    const auto number = json.get<int64_t>();
    if (!std::in_range<T>(number)) return complain(path, kExpected);
    value = static_cast<T>(number);
  }
  void read_octets(const Json& json, Octets& value, const std::string& path) {
    std::optional<std::string> bytes;
    if (json.is_string()) bytes = from_hex(json.get_ref<const std::string&>());
    if (!bytes) return complain(path, "hexadecimal octets");
    value.bytes = std::move(*bytes);
  }
  template <Message T>
  void read_message(const Json& json, T& message, const std::string& path) {
    if constexpr (is_whole<T>()) {
      T::visit_fields(message, [&](std::string_view, auto& field) { this->read(json, field, path); });
    } else {
      if (!json.is_object()) return complain(path.empty() ? "body" : path, "an object");
      T::visit_fields(message, [&](std::string_view name, auto& field) {
        const auto found = json.find(name);
        if (found == json.end() || error_) return;
        this->read(*found, field, path.empty() ? std::string(name) : path + '.' + std::string(name));
      });
    }
  }

  std::optional<Error> error_;
};

}  // namespace postern::api::detail
