// Big-endian numbers and fixed fields, written and read with bounds. Private to response/audit and its stores.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace postern::audit {

template <class Integer>
void put_number(Bytes& out, Integer value) {
  for (size_t shift = sizeof(value) * 8; shift > 0; shift -= 8)
    out.push_back(static_cast<uint8_t>(value >> (shift - 8)));
}

inline void put_octets(Bytes& out, BytesView octets) {
  out.insert(out.end(), octets.begin(), octets.end());
}

template <class Integer>
bool take_number(BytesView& in, Integer& value) {
  if (in.size() < sizeof(value)) return false;
  value = 0;
  for (size_t i = 0; i < sizeof(value); ++i) value = static_cast<Integer>((value << 8) | in[i]);
  in = in.subspan(sizeof(value));
  return true;
}

template <size_t Size>
bool take_octets(BytesView& in, std::array<uint8_t, Size>& out) {
  if (in.size() < Size) return false;
  std::copy_n(in.begin(), Size, out.begin());
  in = in.subspan(Size);
  return true;
}

}  // namespace postern::audit
