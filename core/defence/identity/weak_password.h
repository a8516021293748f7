// Is a password easily guessed? Looked up offline, and only ever a warning: the administrator decides. Pure functions.
#pragma once

#include <string_view>

#include "base/secret.h"

namespace postern::identity {

enum class Weakness : uint8_t {
  none,
  short_,   ///< under kStrongLength characters
  common,   ///< among those that are tried first, also with digits behind or letters swapped for digits
  personal  ///< the account's own name or domain
};
/// "", "short", "common", "personal".
std::string_view weakness_name(Weakness weakness);

constexpr size_t kStrongLength = 10;     ///< characters
constexpr size_t kPasswordLimit = 1024;  ///< octets

Weakness weakness_of(const Secret& password, std::string_view address);

}  // namespace postern::identity
