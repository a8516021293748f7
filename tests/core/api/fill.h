// Fills any message, field by field, with values that differ from the defaults and from each other.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <vector>

#include "postern/messages.h"

namespace postern::api::test {

class Filler {
 public:
  template <class T>
  void fill(T& value) {
    ++number_;
    if constexpr (std::same_as<T, bool>) {
      value = !value;
    } else if constexpr (std::integral<T>) {
      value = static_cast<T>(number_ + 300);
    } else if constexpr (std::same_as<T, std::string>) {
      value = "text " + std::to_string(number_) + " \xe4\xbd\xa0 \"quoted\" \\ \t\n\x01 end";
    } else if constexpr (std::same_as<T, JsonText>) {
      value.text = "{\"b\":[" + std::to_string(number_) + ",null,-1.5,{\"a\":\"\xc3\xbc\"}],\"a\":true}";
    } else if constexpr (std::same_as<T, Octets>) {
      value.bytes = std::string("\x00\xff\x80 ", 4) + std::to_string(number_);
    } else {
      T::visit_fields(value, [this](std::string_view, auto& field) { this->fill(field); });
    }
  }
  template <class T>
  void fill(std::vector<T>& list) {
    list.resize(2);
    for (T& item : list) fill(item);
  }
  template <class T>
  void fill(std::optional<T>& value) {
    fill(value.emplace());
  }

 private:
  unsigned number_ = 0;
};

/// Calls `with` for a filled and for a fresh one of each alternative of a variant.
template <class... Ts, class With>
void for_each_message(const std::variant<Ts...>*, With with) {
  const auto both = [&with]<class T>(T fresh) {
    with(fresh);
    if constexpr (requires { T::visit_fields(fresh, [](std::string_view, auto&) {}); }) {
      Filler().fill(fresh);
      with(fresh);
    }
  };
  (both(Ts{}), ...);
}

}  // namespace postern::api::test
