#include "service/gate_host.h"

#include "observe/session_row.h"

namespace postern::service {

void GateHost::session_closed(unsigned thread, std::shared_ptr<const Trace> trace) {
  counters_.session_closed(thread, *trace);
  if (ledger_ != nullptr) {
    store::LedgerSession entry;
    entry.row = observe::row_of(*trace);
    const auto book = verifier_.book();
    if (!trace->user().empty() && book) {
      if (const auto facts = book->find(trace->user())) entry.account = facts->account;
    }
    entry.row.user.clear();
    ledger_->record(std::move(entry));
  }
  table_.add(std::move(trace));
}

}  // namespace postern::service
