// A state.db in a folder of its own, with keys and an audit trail: for tests of what is kept there.
#pragma once

#include <QTemporaryDir>
#include <filesystem>
#include <memory>
#include <string>

#include "adapters/platform/files.h"
#include "adapters/store/state_store.h"
#include "base/clock.h"
#include "crypto/ed25519.h"
#include "crypto/random.h"
#include "response/audit/audit_log.h"
#include "response/audit/verify.h"
#include "support/folders.h"

namespace postern::test {

struct StateFolder {
  QTemporaryDir folder{quick_folder()};
  ManualClock clock;
  crypto::AeadKey kek{};
  crypto::AeadKey mac{};
  crypto::Ed25519Key signer = crypto::Ed25519Key::generate();
  std::shared_ptr<const crypto::KeyRing> keys;
  std::unique_ptr<store::StateStore> store;
  std::unique_ptr<audit::AuditLog> log;

  StateFolder() {
    crypto::random_bytes(kek);
    crypto::random_bytes(mac);
    keys = *crypto::KeyRing::open(kek, {crypto::make_data_key(kek, 1, clock.wall())}, "test");
  }
  std::string path() const { return folder.path().toStdString(); }
  std::string database() const { return path() + "/" + store::kStateFile; }

  /// Makes it the first time.
  bool open(const std::string& vfs = {}) {
    close();
    store::StateStoreOptions options;
    options.folder = path();
    options.create = true;
    options.vfs = vfs;
    options.files = &platform::real_files();
    auto opened = store::StateStore::open(std::move(options));
    if (!opened) return false;
    store = std::move(*opened);
    store->set_keys(keys);
    log = std::make_unique<audit::AuditLog>(*store, mac, clock);
    return log->load().has_value();
  }
  void close() {
    log.reset();
    store.reset();
  }

  bool append(const std::string& object, const std::string& payload = "{}") {
    audit::Transaction transaction(*store);
    return transaction.opened() && log->append({"alice", "socket", "test", object, payload}).has_value() &&
           transaction.commit().has_value();
  }
  bool append_many(int count) {
    audit::Transaction transaction(*store);
    if (!transaction.opened()) return false;
    for (int i = 0; i < count; ++i)
      if (!log->append({"alice", "socket", "test", "object " + std::to_string(i), "payload " + std::to_string(i)}))
        return false;
    return transaction.commit().has_value();
  }
  bool sign() { return log->sign(signer).has_value(); }
  audit::VerifyOptions verify_options() const {
    audit::VerifyOptions out;
    out.keys = {signer.public_key()};
    out.mac_key = &mac;
    return out;
  }
  Expected<audit::Verdict> verify() { return audit::verify(*store, verify_options()); }

  /// What somebody with the database in his hands could do. The store has to be closed.
  bool tamper(const std::string& sql) {
    close();
    auto database = store::Database::open(this->database(), {});
    return database && database->execute(sql).has_value() && database->checkpoint(true);
  }
};

}  // namespace postern::test
