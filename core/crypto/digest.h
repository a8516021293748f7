// SHA-256 and HMAC-SHA-256. Algorithms are fetched once. Any thread; a Sha256 object belongs to one.
#pragma once

#include <array>
#include <memory>

#include "base/bytes.h"

namespace postern::crypto {

using Digest = std::array<uint8_t, 32>;

Digest sha256(BytesView data);
/// SHA-256 over the concatenation, without joining.
Digest sha256(std::initializer_list<BytesView> parts);
Digest hmac_sha256(BytesView key, BytesView data);
Digest hmac_sha256(BytesView key, std::initializer_list<BytesView> parts);

/// SHA-256 over a stream.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(BytesView data);
  Digest finish();  ///< then ready for the next stream

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::crypto
