// What a protocol machine wants performed. A machine (smtp::Session, pop3::Session) is given input and appends actions;
// the driver performs them in order. No sockets, no threads, no clock of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

/// A machine takes no further input while so many octets of replies wait: who sends commands and reads nothing must not
/// make us hold all the answers.
constexpr size_t kReplyHold = 16 * 1024;

/// One thing to perform. `bytes` of send and content are valid until the next call into the machine.
struct Action {
  enum class Kind : uint8_t {
    send,       ///< bytes: to the peer
    start_tls,  ///< flush what was sent, then the handshake; the machine dropped its own input, the driver drops what
                ///< it still holds
    ask,        ///< a question is open (see the machine's question()); no further input is parsed until it is answered
    begin,      ///< a message begins: content follows
    content,    ///< bytes: the next octets of the message
    commit,     ///< a question too: store the message, then answer
    abort,      ///< the message begun is dropped
    close,      ///< send what is pending, then close
  };
  Kind kind = Kind::send;
  std::string_view bytes;
};

/// A list of actions that reuses its memory; one per I/O thread is enough.
class Actions {
 public:
  /// Adds text to send; pieces that follow each other are one action. The text is copied.
  void send(std::string_view text) {
    if (!items_.empty() && items_.back().kind == Action::Kind::send && !items_.back().external) {
      text_ += text;
      items_.back().end = text_.size();
      return;
    }
    const size_t begin = text_.size();
    text_ += text;
    items_.push_back({Action::Kind::send, begin, text_.size(), {}, false});
  }
  /// Adds octets to send without copying: `text` must live until the driver has performed the list.
  void send_view(std::string_view text) { items_.push_back({Action::Kind::send, 0, 0, text, true}); }
  /// Adds content of a message without copying, under the same condition.
  void content(std::string_view text) {
    if (!text.empty()) items_.push_back({Action::Kind::content, 0, 0, text, true});
  }
  void add(Action::Kind kind) { items_.push_back({kind, 0, 0, {}, false}); }

  /// Of text that waits to be sent, copies only.
  size_t waiting_octets() const { return text_.size(); }
  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  Action operator[](size_t i) const {
    const Item& item = items_[i];
    return {item.kind, item.external ? item.view : std::string_view(text_).substr(item.begin, item.end - item.begin)};
  }
  void clear() {
    items_.clear();
    text_.clear();
  }

 private:
  struct Item {
    Action::Kind kind;
    size_t begin, end;
    std::string_view view;
    bool external;
  };
  std::vector<Item> items_;
  std::string text_;
};

}  // namespace postern
