// What a core says of itself: status, metrics, stop.
#include <filesystem>

#include "adapters/platform/files.h"
#include "service/core_impl.h"

namespace postern::service {

observe::Gauges CoreImpl::gauges() const {
  observe::Gauges out;
  out.version = POSTERN_VERSION;
  out.open_sessions = server_ ? server_->open_sessions() : 0;
  out.closed_kept = table_.size();
  out.closed_kept_octets = table_.octets();
  if (const auto status = mail_->status()) out.wal_octets = status->writer.wal_octets;
  out.disk_free_octets = platform::real_files().free_octets(folder_of(place_));
  out.uptime_seconds = static_cast<double>(clock_.wall() - started_) / static_cast<double>(kMicrosPerSecond);
  out.store_accepting = mail_->accepting();
  if (ledger_) out.ledger_dropped = ledger_->status().dropped;
  return out;
}

void CoreImpl::answer_metrics(const api::ReplyHandler& reply) {
  api::MetricsReply out;
  out.text = observe::metrics_text(counters_ ? counters_->read() : observe::Totals{}, gauges());
  reply(std::move(out));
}

void CoreImpl::answer_stop(const api::ReplyHandler& reply) {
  reply(api::StopReply{});
  if (stop_request_) stop_request_();
}

/// Half of it is the admin thread's.
void CoreImpl::answer_status(const api::ReplyHandler& reply) {
  const bool queued = admin_thread_->post([this, reply] {
    api::StatusReply out;
    out.state = listening_ ? "running" : "stopped";
    out.version = POSTERN_VERSION;
    out.folder = folder_of(place_);
    out.schema = static_cast<uint32_t>(store::kStateSchema);
    if (listening_) {
      out.smtp = server_->smtp_endpoint().to_string();
      out.pop3 = server_->pop3_endpoint().to_string();
      out.started = format_rfc3339(started_);
      out.pid = platform::process_id();
      out.sessions = server_->open_sessions();
      const observe::Totals totals = counters_->read();
      out.accepted = totals.gate(observe::Gate::smtp).messages;
      for (const auto& gate : totals.gates) out.refused += gate.sessions_refused;
    }
    if (const auto stored = mail_->status()) {
      out.messages = stored->messages;
      out.octets = stored->octets;
      if (stored->trouble != ErrorCode::none) out.warnings.emplace_back(error_name(stored->trouble));
    }
    for (std::string& warning : admin_->warnings()) out.warnings.push_back(std::move(warning));
    const auto policy = admin_->policy();
    out.users = policy->directory->size();
    out.domain = admin_->first_domain();
    out.pending = admin_->pending_changes();
    out.certificate_until = format_rfc3339(policy->certificate_until);
    reply(std::move(out));
  });
  if (!queued) reply(Error{ErrorCode::busy, {"administration"}});
}

}  // namespace postern::service
