// Expected: a value or an Error. The one alias for tl::expected; results must be looked at.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "postern/error.h"

namespace postern {

template <class T>
using Expected = tl::expected<T, Error>;

/// Shorthand for a failed result: `return fail(ErrorCode::not_found, {"user/7"});`
inline tl::unexpected<Error> fail(ErrorCode code, std::vector<std::string> args = {}) {
  return tl::unexpected<Error>(Error{code, std::move(args)});
}
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace postern
