// What changes together is written together. Implemented by the store; the admin thread only.
#pragma once

#include "base/expected.h"

namespace postern::audit {

class Transactions {
 public:
  virtual ~Transactions() = default;
  virtual Expected<void> begin() = 0;
  /// Durable when it returns a value; else nothing of the transaction was kept.
  virtual Expected<void> commit() = 0;
  virtual void rollback() noexcept = 0;
};

/// Begins; rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Transactions& store) : store_(store), opened_(store.begin()) {}
  ~Transaction() {
    if (opened_ && !done_) store_.rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  const Expected<void>& opened() const { return opened_; }
  Expected<void> commit() {
    auto result = store_.commit();
    if (!result) store_.rollback();
    done_ = true;
    return result;
  }

 private:
  Transactions& store_;
  Expected<void> opened_;
  bool done_ = false;
};

}  // namespace postern::audit
