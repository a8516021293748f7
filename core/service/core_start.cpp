// The numbered start of a core. On failure everything done so far is undone by stop().
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "adapters/store/preflight.h"
#include "base/log.h"
#include "crypto/random.h"
#include "service/admin/kinds.h"
#include "service/core_impl.h"
#include "service/gate_rules.h"
#include "service/places.h"

namespace postern::service {
namespace {

namespace fs = std::filesystem;

/// The directory's cache behind the verifier's interface.
class CachedPasswords final : public VerifiedPasswords {
 public:
  CachedPasswords(crypto::AeadKey key, const Clock& clock) : cache_(key, clock) {}
  bool knows(const LoginFacts& facts, const Secret& secret) override { return cache_.knows(what(facts), secret); }
  void remember(const LoginFacts& facts, const Secret& secret) override { cache_.remember(what(facts), secret); }

 private:
  static identity::VerifiedBy what(const LoginFacts& facts) {
    return {facts.account, facts.credential_id, facts.version, 0};
  }
  identity::VerificationCache cache_;
};

/// A folder that was initialised and has no state any more is damaged, and must not be taken for an empty one.
Expected<void> expect_state(const std::string& folder) {
  std::error_code error;
  const fs::path state = fs::path(folder) / store::kStateFile;
  if (fs::exists(state, error) && fs::file_size(state, error) > 0) return {};
  for (const char* other : {"folder.id", "mail.db"})
    if (fs::exists(fs::path(folder) / other, error))
      return fail(ErrorCode::folder_damaged, {state.string(), "it is missing or empty"});
  return {};
}

}  // namespace

std::string folder_of(const api::Place& place) {
  return place.folder.empty() ? api::default_place().folder : fs::absolute(place.folder).string();
}

Expected<std::string> kek_of(const api::Place& place) {
  if (!place.kek_file.empty()) return place.kek_file;
  return kek_path(folder_of(place));
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

api::Outcome<api::Listening> CoreImpl::start(const api::ServeOptions& options) {
  started_ = clock_.wall();
  Expected<void> done = open_folder();                     // 1 lock
  if (done) done = open_stores(options.listen);            // 2 migrate, keys, overdue reverts, unsettled effects, blobs
  if (done && options.listen) done = open_gates(options);  // 3 bind; nothing is accepted yet
  if (done) begin_work();                                  // 4 threads
  if (done && options.listen) done = open_control();       // 5 other processes may ask
  if (!done) {
    stop();
    return done.error();
  }
  running_ = true;
  api::Listening out;
  if (!options.listen) return out;
  listening_ = true;
  server_->start(gate_policy(published_, *mail_));  // 6 listeners last
  desk_->set_server(server_.get());
  out.smtp = server_->smtp_endpoint().to_string();
  out.pop3 = server_->pop3_endpoint().to_string();
  admin_thread_->post([this] { note("service.start"); });
  return out;
}

Expected<void> CoreImpl::open_folder() {
  const std::string folder = folder_of(place_);
  // Before anything is made in it, a lock included.
  if (auto known = store::refuse_newer(folder); !known) return known;
  if (auto whole = expect_state(folder); !whole) return whole;
  auto opened = platform::DataFolder::open(folder, store::kStateFile);
  if (!opened) return fail(opened.error());
  folder_.emplace(std::move(*opened));
  return {};
}

Expected<void> CoreImpl::open_stores(bool sweep) {
  admin_thread_ = std::make_unique<TaskThread>();  // takes tasks from now on, does them once it is started
  const std::string folder = folder_of(place_);
  const auto path = kek_of(place_);
  if (!path) return fail(path.error());
  auto kek = read_kek(*path);
  if (!kek) return fail(kek.error());
  auto end = std::make_unique<SessionEnd>();
  session_end_ = end.get();
  std::vector<std::unique_ptr<change::Effect>> effects;
  effects.push_back(std::move(end));
  auto admin = AdminState::open(folder, *kek, clock_, boot_id(), std::move(effects));
  wipe(kek->data(), kek->size());
  if (!admin && admin.error().code == ErrorCode::key_wrong) return fail(ErrorCode::key_wrong, {*path});
  if (!admin) return fail(admin.error());
  admin_ = std::move(*admin);
  store::MailStoreOptions options;
  options.folder = folder;
  options.files = &platform::real_files();
  options.create = false;
  options.sweep = sweep;
  const auto own_id = folder_id(folder);
  if (!own_id) return fail(own_id.error());
  options.store_id = *own_id;
  auto mail = store::MailStore::open(admin_->keys(), options);
  if (!mail) return fail(mail.error());
  mail_ = std::move(*mail);
  store::LedgerOptions ledger;
  ledger.folder = folder_of(place_);
  ledger.sealed = [this](const store::SealedMonth& month, std::function<void()> recorded) {
    admin_thread_->post([this, month, recorded = std::move(recorded)] { note_sealed(month, recorded); });
  };
  auto opened = store::LedgerStore::open(clock_, std::move(ledger));
  if (!opened) return fail(opened.error());
  ledger_ = std::move(*opened);
  admin_->set_usage([this](identity::AccountId id) {
    const auto usage = mail_->usage(id);
    return usage ? std::pair(usage->messages, usage->octets) : std::pair(uint64_t{0}, uint64_t{0});
  });
  return {};
}

api::ServeOptions CoreImpl::with_documents(api::ServeOptions options) const {
  const auto policy = admin_->policy();
  if (options.smtp.empty()) options.smtp = policy->smtp_listener.to_string();
  if (options.pop3.empty()) options.pop3 = policy->pop3_listener.to_string();
  return options;
}

Expected<void> CoreImpl::open_gates(const api::ServeOptions& given) {
  const api::ServeOptions options = with_documents(given);
  const auto smtp = Endpoint::parse(options.smtp), pop3 = Endpoint::parse(options.pop3);
  if (!smtp) return fail(ErrorCode::bad_input, {"--smtp", options.smtp});
  if (!pop3) return fail(ErrorCode::bad_input, {"--pop3", options.pop3});
  if (collide(*smtp, *pop3)) return fail(ErrorCode::port_in_use, {pop3->to_string(), "SMTP"});
  net::ServerOptions server;
  server.smtp = *smtp;
  server.pop3 = *pop3;
  server.threads = std::max(1U, std::thread::hardware_concurrency());
  counters_ = std::make_unique<observe::Counters>(server.threads);
  ids_ = std::make_unique<observe::SessionIds>(started_, ledger_->highest_session());
  crypto::AeadKey cache_key{};
  crypto::random_bytes(cache_key);
  workers_ = std::make_unique<LoginWorkers>(server.threads);
  verified_ = std::make_unique<CachedPasswords>(cache_key, clock_);
  verifier_ = std::make_unique<Verifier>(*workers_, *verified_, clock_);
  host_ = std::make_unique<GateHost>(clock_, *mail_, *verifier_, *ids_, *counters_, table_, ledger_.get());
  server_ = std::make_unique<net::Server>(*host_, server);
  return server_->bind();
}

void CoreImpl::begin_work() {
  desk_ = std::make_unique<SessionDesk>(table_, clock_, *ledger_, started_);
  published_ = admin_->policy();
  desk_->set_book(login_book(published_));
  if (verifier_) verifier_->set_book(login_book(published_));
  session_end_->set_kill([this](uint64_t session, const std::string& reason, std::function<void(bool)> done) {
    const auto ended = [this, done](bool found) { admin_thread_->post([done, found] { done(found); }); };
    if (!desk_->kill(session, reason, ended)) done(false);
  });
  admin_thread_->start([this] { admin_tick(); });
}

Expected<void> CoreImpl::open_control() {
  control::ServerOptions options;
  options.path = api::control_socket(place_);
  options.group = is_system_folder(folder_of(place_));
  std::error_code ignored;  // starting tells what is wrong with it
  if (options.group) fs::create_directories(fs::path(options.path).parent_path(), ignored);
  options.build = POSTERN_VERSION;
  options.schema = static_cast<uint32_t>(store::kStateSchema);
  control_ = std::make_unique<control::ControlServer>(
      options, [this](const control::Peer& peer) { return caller_of(peer); },
      [this](api::Caller caller, api::Request request, api::ReplyHandler reply) {
        dispatch(std::move(caller), std::move(request), std::move(reply));
      });
  return control_->start();
}

}  // namespace postern::service
