// Outcome: a value or an Error, without core's own headers.
#pragma once

#include <variant>

#include "postern/error.h"

namespace postern::api {

template <class T>
using Outcome = std::variant<T, Error>;

/// The outcome's error, or nullptr.
template <class T>
const Error* error_of(const Outcome<T>& outcome) {
  return std::get_if<1>(&outcome);
}

}  // namespace postern::api
