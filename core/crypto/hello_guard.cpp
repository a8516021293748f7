#include "crypto/hello_guard.h"

#include <algorithm>

namespace postern::crypto::detail {
namespace {

constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kClientHello = 1;
constexpr uint8_t kRecordHeader = 5;   ///< type, version, version, length, length: RFC 8446 section 5.1
constexpr uint8_t kRecordLength = 3;   ///< where the length begins
constexpr uint8_t kMessageHeader = 4;  ///< type, length, length, length: RFC 8446 section 4

}  // namespace

bool HelloGuard::accepts(BytesView octets) {
  while (watching_ && !octets.empty()) {
    if (record_have_ < kRecordHeader) {
      take_record_header(octets.front());
      octets = octets.subspan(1);
    } else if (record_type_ == kHandshake && record_left_ > 0 && message_have_ < kMessageHeader) {
      if (!take_message_header(octets.front())) return false;
      --record_left_;
      octets = octets.subspan(1);
    } else {
      size_t skip = std::min<size_t>(octets.size(), record_left_);
      if (record_type_ == kHandshake) {
        skip = std::min<size_t>(skip, message_left_);
        message_left_ -= static_cast<uint32_t>(skip);
        if (message_left_ == 0) message_have_ = 0;
      }
      record_left_ = static_cast<uint16_t>(record_left_ - skip);
      octets = octets.subspan(skip);
    }
    if (record_have_ == kRecordHeader && record_left_ == 0) record_have_ = 0;
  }
  return true;
}

void HelloGuard::take_record_header(uint8_t octet) {
  if (record_have_ == 0) record_type_ = octet;
  if (record_have_ >= kRecordLength) record_left_ = static_cast<uint16_t>(record_left_ << 8 | octet);
  ++record_have_;
  watching_ = record_type_ == kHandshake || record_type_ == kChangeCipherSpec;
}

bool HelloGuard::take_message_header(uint8_t octet) {
  if (message_have_ == 0) {
    watching_ = octet == kClientHello;
    message_left_ = 0;
  } else {
    message_left_ = message_left_ << 8 | octet;
  }
  ++message_have_;
  return message_have_ < kMessageHeader || message_left_ <= kMaxClientHello;
}

}  // namespace postern::crypto::detail
