// Bounds what a stranger can make a server hold. OpenSSL sets memory aside for a ClientHello as soon as its length is
// announced, up to 131 KiB; a real one has less than 4. This watches the records on their way in and says stop before.
// Handles fragments of any size, a second ClientHello after HelloRetryRequest and the change_cipher_spec before it
// (RFC 8446 appendix D.4). Private to core/crypto.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace postern::crypto::detail {

constexpr uint32_t kMaxClientHello = 16 * 1024;

class HelloGuard {
 public:
  /// False when these octets announce a ClientHello that is too long; true for all that OpenSSL should judge itself.
  bool accepts(BytesView octets);

 private:
  void take_record_header(uint8_t octet);
  bool take_message_header(uint8_t octet);

  bool watching_ = true;  ///< until anything but a ClientHello comes
  uint8_t record_type_ = 0;
  uint8_t record_have_ = 0;   ///< octets of the record's header
  uint8_t message_have_ = 0;  ///< octets of the message's header
  uint16_t record_left_ = 0;
  uint32_t message_left_ = 0;
};

}  // namespace postern::crypto::detail
