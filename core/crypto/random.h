// Random octets from OpenSSL's generator. Any thread. Never returns without having filled the span (aborts instead).
#pragma once

#include <span>

#include "base/bytes.h"

namespace postern::crypto {

void random_bytes(std::span<uint8_t> out);
Bytes random_bytes(size_t count);
uint64_t random_u64();

}  // namespace postern::crypto
