// Secret: text that must not linger. Wiped when it dies; cannot be printed, compared in clear or copied by accident.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"

namespace postern {

/// Overwrites memory in a way the optimiser keeps.
void wipe(void* data, size_t size) noexcept;
inline void wipe(std::string& text) noexcept {
  wipe(text.data(), text.size());
}
inline void wipe(Bytes& bytes) noexcept {
  wipe(bytes.data(), bytes.size());
}

/// A password, key or token. Move-only; `clone` is said aloud. `reveal` is for the one place that uses it.
class Secret {
 public:
  Secret() = default;
  /// A short text is copied by a move: what is left of it in the source is wiped.
  explicit Secret(std::string&& text) : text_(std::move(text)) {
    text.resize(text.capacity());
    wipe(text);
    text.clear();
  }
  /// A copy; the source stays the caller's to wipe.
  explicit Secret(const std::string& text) : text_(text) {}
  Secret(Secret&& other) noexcept : text_(other.text_) { other.clear(); }
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { clear(); }

  Secret clone() const { return Secret(text_); }
  std::string_view reveal() const { return text_; }
  BytesView reveal_bytes() const { return as_bytes(text_); }
  bool empty() const { return text_.empty(); }
  size_t size() const { return text_.size(); }
  void clear() noexcept;

 private:
  std::string text_;
};

/// Equality in time that depends on the lengths only.
bool equal_constant_time(BytesView a, BytesView b) noexcept;

}  // namespace postern
