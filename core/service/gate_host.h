// What the gates need of the rest, in one place: store, logins, numbers, traces. Any thread.
#pragma once

#include "adapters/net/host.h"
#include "adapters/store/ledger_store.h"
#include "observe/counters.h"
#include "observe/session_id.h"
#include "observe/session_table.h"
#include "service/verifier.h"

namespace postern::service {

class GateHost final : public net::Host {
 public:
  /// Everything outlives the host. `ledger` may be null.
  GateHost(const Clock& clock, mail::MessageStore& store, Verifier& verifier, observe::SessionIds& ids,
           observe::Counters& counters, observe::SessionTable& table, store::LedgerStore* ledger)
      : clock_(clock),
        store_(store),
        verifier_(verifier),
        ids_(ids),
        counters_(counters),
        table_(table),
        ledger_(ledger) {}

  const Clock& clock() const override { return clock_; }
  mail::MessageStore& store() override { return store_; }
  void verify(net::VerifyRequest request, std::function<void(net::VerifyOutcome)> done) override {
    verifier_.verify(std::move(request), std::move(done));
  }
  uint64_t next_session_id() override { return ids_.next(); }
  void session_opened(unsigned thread, const Trace& trace) override { counters_.session_opened(thread, trace.port()); }
  void session_closed(unsigned thread, std::shared_ptr<const Trace> trace) override;
  void message_committed(unsigned thread, bool stored, int64_t micros, uint64_t octets) override {
    counters_.message_committed(thread, stored, micros, octets);
  }
  void login_judged(unsigned thread, uint16_t port, bool accepted) override {
    counters_.login_judged(thread, port, accepted);
  }

 private:
  const Clock& clock_;
  mail::MessageStore& store_;
  Verifier& verifier_;
  observe::SessionIds& ids_;
  observe::Counters& counters_;
  observe::SessionTable& table_;
  store::LedgerStore* ledger_;
};

}  // namespace postern::service
