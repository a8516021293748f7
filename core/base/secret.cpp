#include "base/secret.h"

namespace postern {

void wipe(void* data, size_t size) noexcept {
  volatile auto* octets = static_cast<volatile uint8_t*>(data);
  for (size_t i = 0; i < size; ++i) octets[i] = 0;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  clear();
  text_ = other.text_;
  other.clear();
  return *this;
}

void Secret::clear() noexcept {
  wipe(text_.data(), text_.capacity());
  text_.clear();
}

bool equal_constant_time(BytesView a, BytesView b) noexcept {
  if (a.size() != b.size()) return false;
  uint8_t difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference = static_cast<uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

}  // namespace postern
