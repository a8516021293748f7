// Where messages live. Interface of the mailbox store: received through 25 into drafts, fetched through 110 from
// mailboxes. Implemented by adapters/store; a stand-in in memory is in tests/support.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/expected.h"

namespace postern::mail {

/// An account's number: the id of its `user` document. Never reused.
using AccountId = uint64_t;

/// Called once, on a thread of the store: post to your own.
template <class T>
using Done = std::function<void(Expected<T>)>;

/// Who gets a message. A mailbox is made by its first delivery.
struct Delivery {
  std::string reverse_path;          ///< "" for the null reverse-path
  std::vector<AccountId> mailboxes;  ///< each once; the content is stored once
  std::vector<uint64_t> quotas;      ///< octets, beside `mailboxes`; 0 = no limit
  WallTime received = 0;
};

/// A message being received. One thread at a time. Destroying it before commit drops it and what it spooled.
class Draft {
 public:
  virtual ~Draft() = default;
  /// Takes content. Never waits for the disk: it may buffer up to kDraftBuffer octets beyond what was flushed.
  virtual void append(BytesView content) = 0;
  /// True when the buffer is full: flush before the next append.
  virtual bool wants_flush() const = 0;
  /// Writes what is buffered to the spool, on a worker.
  virtual void flush(Done<void> done) = 0;
  virtual uint64_t size() const = 0;
  /// Makes it durable: when `done` has a value, the message survives any crash. The value is the message's id.
  /// disk_full, folder_read_only, io_error: nothing is kept; mailbox_full: quota of a recipient (args: account) -
  /// nobody got it.
  virtual void commit(Delivery delivery, Done<uint64_t> done) = 0;
};
constexpr size_t kInlineLimit = 64 * 1024;  ///< octets kept in the database itself
constexpr size_t kDraftBuffer = 256 * 1024;

/// One message in a mailbox listing.
struct Entry {
  uint64_t uid = 0;   ///< unique in the store, for ever; grows with delivery
  uint64_t size = 0;  ///< octets as RETR sends them, without stuffing
};

/// A message's content, read in order.
class Reader {
 public:
  virtual ~Reader() = default;
  /// The next at most 64 KiB, valid until the next call; empty at the end. io_error when the content is damaged.
  virtual Expected<BytesView> next() = 0;
};

/// A mailbox opened exclusively (RFC 1939 section 3). One thread at a time. Destroying it releases the lock.
/// It is a snapshot: what is delivered afterwards is not seen. Numbers run from 1.
class Mailbox {
 public:
  virtual ~Mailbox() = default;
  virtual uint32_t count() const = 0;
  virtual uint64_t octets() const = 0;
  /// Loads the listing step by step; not_found for a number out of range.
  virtual Expected<Entry> entry(uint32_t number) = 0;
  virtual Expected<std::unique_ptr<Reader>> open(uint32_t number) = 0;
  /// Deletes for good, durably, all or none. Numbers in any order.
  virtual void remove(std::vector<uint32_t> numbers, Done<void> done) = 0;
  /// The UIDL of an entry (RFC 1939: 1 to 70 of 0x21-0x7E).
  virtual std::string unique_id(const Entry& entry) const = 0;
};

struct MailboxUsage {
  uint64_t messages = 0;
  uint64_t octets = 0;
};

class MessageStore {
 public:
  virtual ~MessageStore() = default;
  virtual std::unique_ptr<Draft> begin() = 0;
  /// busy when another session has it open. An account without a mailbox yet has an empty one. Reads on the calling
  /// thread.
  virtual Expected<std::unique_ptr<Mailbox>> open_mailbox(AccountId account) = 0;
  virtual Expected<MailboxUsage> usage(AccountId account) = 0;
  /// False while the disk is full or the folder read-only: new mail gets 452 before DATA.
  virtual bool accepting() const = 0;
};

}  // namespace postern::mail
