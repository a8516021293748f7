// A MessageStore in memory, for tests of what stands above it. Answers on the calling thread unless told to hold them
// back.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "mail/message_store.h"

namespace postern::test {

class MemoryStore final : public mail::MessageStore {
 public:
  struct Message {
    uint64_t uid;
    std::string content;
    std::string reverse_path;
  };

  std::unique_ptr<mail::Draft> begin() override { return std::make_unique<MemoryDraft>(*this); }
  Expected<std::unique_ptr<mail::Mailbox>> open_mailbox(mail::AccountId account) override {
    const std::lock_guard lock(mutex_);
    if (!locked_.insert(account).second) return fail(ErrorCode::busy, {"mailbox"});
    return std::make_unique<MemoryMailbox>(*this, account, mailboxes_[account]);
  }
  Expected<mail::MailboxUsage> usage(mail::AccountId account) override {
    const std::lock_guard lock(mutex_);
    mail::MailboxUsage out;
    for (const Message& message : mailboxes_[account]) {
      ++out.messages;
      out.octets += message.content.size();
    }
    return out;
  }
  bool accepting() const override { return accepting_; }

  std::vector<Message> messages(mail::AccountId account) {
    const std::lock_guard lock(mutex_);
    return mailboxes_[account];
  }
  /// The next commits fail with this code; none = they work.
  void fail_commits(ErrorCode code) { failure_ = code; }
  void set_accepting(bool accepting) { accepting_ = accepting; }

 private:
  class MemoryDraft final : public mail::Draft {
   public:
    explicit MemoryDraft(MemoryStore& store) : store_(store) {}
    void append(BytesView content) override { content_ += as_text(content); }
    bool wants_flush() const override { return content_.size() - flushed_ >= mail::kDraftBuffer; }
    void flush(mail::Done<void> done) override {
      flushed_ = content_.size();
      done({});
    }
    uint64_t size() const override { return content_.size(); }
    void commit(mail::Delivery delivery, mail::Done<uint64_t> done) override {
      done(store_.deliver(delivery, content_));
    }

   private:
    MemoryStore& store_;
    std::string content_;
    size_t flushed_ = 0;
  };

  class MemoryReader final : public mail::Reader {
   public:
    explicit MemoryReader(std::string content) : content_(std::move(content)) {}
    Expected<BytesView> next() override {
      const auto chunk = std::string_view(content_).substr(at_, kChunk);
      at_ += chunk.size();
      return as_bytes(chunk);
    }

   private:
    static constexpr size_t kChunk = 1000;  // small, so that chunk edges are met
    std::string content_;
    size_t at_ = 0;
  };

  class MemoryMailbox final : public mail::Mailbox {
   public:
    MemoryMailbox(MemoryStore& store, mail::AccountId account, std::vector<Message> messages)
        : store_(store), account_(account), messages_(std::move(messages)) {}
    ~MemoryMailbox() override {
      const std::lock_guard lock(store_.mutex_);
      store_.locked_.erase(account_);
    }
    uint32_t count() const override { return static_cast<uint32_t>(messages_.size()); }
    uint64_t octets() const override {
      uint64_t sum = 0;
      for (const Message& message : messages_) sum += message.content.size();
      return sum;
    }
    Expected<mail::Entry> entry(uint32_t number) override {
      if (number == 0 || number > messages_.size()) return fail(ErrorCode::not_found, {"message"});
      return mail::Entry{messages_[number - 1].uid, messages_[number - 1].content.size()};
    }
    Expected<std::unique_ptr<mail::Reader>> open(uint32_t number) override {
      if (number == 0 || number > messages_.size()) return fail(ErrorCode::not_found, {"message"});
      return std::make_unique<MemoryReader>(messages_[number - 1].content);
    }
    void remove(std::vector<uint32_t> numbers, mail::Done<void> done) override {
      std::set<uint64_t> gone;
      for (const uint32_t number : numbers) gone.insert(messages_[number - 1].uid);
      {
        const std::lock_guard lock(store_.mutex_);
        auto& all = store_.mailboxes_[account_];
        std::erase_if(all, [&gone](const Message& message) { return gone.contains(message.uid); });
      }
      done({});
    }
    std::string unique_id(const mail::Entry& entry) const override { return "m" + std::to_string(entry.uid); }

   private:
    MemoryStore& store_;
    mail::AccountId account_;
    std::vector<Message> messages_;
  };

  Expected<uint64_t> deliver(const mail::Delivery& delivery, const std::string& content) {
    if (failure_ != ErrorCode::none) return fail(failure_);
    const std::lock_guard lock(mutex_);
    for (const mail::AccountId account : delivery.mailboxes)
      mailboxes_[account].push_back({++last_uid_, content, delivery.reverse_path});
    return last_uid_;
  }

  std::mutex mutex_;
  std::map<mail::AccountId, std::vector<Message>> mailboxes_;
  std::set<mail::AccountId> locked_;
  uint64_t last_uid_ = 0;
  ErrorCode failure_ = ErrorCode::none;
  bool accepting_ = true;
};

}  // namespace postern::test
