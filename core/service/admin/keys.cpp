// Keys of the folder: a data key for each quarter, the key that signs audit heads.
#include "base/log.h"
#include "service/admin/parts.h"

namespace postern::service {
namespace {

// Signing keys belong to no document: the one in use as its seed, those before it as what verifies their heads.
const DocumentName kSigner{"audit", "signing"};
constexpr const char* kSeedField = "seed";
constexpr const char* kPublicField = "public";
constexpr const char* kSelf = "postern";
constexpr const char* kProcess = "process";

Expected<crypto::Ed25519Public> public_of(const Secret& secret) {
  crypto::Ed25519Public out{};
  const BytesView octets = secret.reveal_bytes();
  if (octets.size() != out.size()) return fail(ErrorCode::key_wrong, {"audit key"});
  std::copy(octets.begin(), octets.end(), out.begin());
  return out;
}

std::string key_payload(const crypto::Ed25519Public& key) {
  return dump_json(Json{{"public_key", hex(key)}});
}

}  // namespace

Expected<void> AdminState::Parts::make_data_key(uint32_t id) {
  return store->put_data_key(crypto::make_data_key(kek, id, clock.wall()));
}

Expected<void> AdminState::Parts::open_keys() {
  const auto stored = store->data_keys();
  if (!stored) return fail(stored.error());
  if (stored->empty()) return fail(ErrorCode::not_initialised, {folder});
  auto ring = crypto::KeyRing::open(kek, *stored, folder);
  if (!ring) return fail(ring.error());
  keys = std::move(*ring);
  data_key_made = stored->back().created;
  store->set_keys(keys);
  return {};
}

/// A new quarter gets a new key; the older ones stay for what they sealed.
Expected<void> AdminState::Parts::renew_data_key() {
  if (clock.wall() <= data_key_made || crypto::quarter_of(clock.wall()) == crypto::quarter_of(data_key_made)) return {};
  const uint32_t id = keys->newest() + 1;
  if (auto made = make_data_key(id); !made) return made;
  if (auto opened = open_keys(); !opened) return opened;
  return note({kSelf, kProcess, "key.create", "data-key/" + std::to_string(id), "{}"});
}

/// Inside the caller's transaction.
Expected<void> AdminState::Parts::make_signing_key() {
  crypto::Ed25519Key key = crypto::Ed25519Key::generate();
  if (auto put = store->put_secret(new_secret(kSigner, kSeedField, key.seed()), clock.wall()); !put) return put;
  signing_key_made = clock.wall();
  trusted.push_back(key.public_key());
  signing_key = std::move(key);
  return {};
}

Expected<void> AdminState::Parts::open_signing_keys() {
  const auto known = store->secrets_of(kSigner);
  if (!known) return fail(known.error());
  trusted.clear();
  for (const change::SecretInfo& info : *known) {
    const auto secret = store->open_secret(info.id);
    if (!secret) return fail(secret.error());
    if (info.field == kPublicField) {
      const auto key = public_of(*secret);
      if (!key) return fail(key.error());
      trusted.push_back(*key);
      continue;
    }
    auto key = crypto::Ed25519Key::from_seed(secret->reveal_bytes());
    if (!key) return fail(key.error());
    trusted.push_back(key->public_key());
    signing_key = std::move(*key);
    signing_key_made = info.created;
  }
  if (!signing_key) return fail(ErrorCode::key_wrong, {folder});
  return {};
}

/// The old key signs what is there, then only what verifies it is kept.
Expected<void> AdminState::Parts::renew_signing_key() {
  if (clock.wall() - signing_key_made < kSigningKeyDays * kMicrosPerDay) return {};
  if (auto done = trail->sign(*signing_key); !done) return done;
  const auto known = store->secrets_of(kSigner);
  if (!known) return fail(known.error());
  const crypto::Ed25519Public old = signing_key->public_key();
  audit::Transaction transaction(*store);
  if (!transaction.opened()) return transaction.opened();
  for (const change::SecretInfo& info : *known)
    if (info.field == kSeedField)
      if (auto erased = store->erase_secret(info.id); !erased) return erased;
  auto kept = new_secret(kSigner, kPublicField, Secret(to_string(old)));
  if (auto put = store->put_secret(kept, clock.wall()); !put) return put;
  Expected<void> done = make_signing_key();
  if (done) {
    const auto seq =
        trail->append({kSelf, kProcess, "key.create", "audit-key", key_payload(signing_key->public_key())});
    done = seq ? transaction.commit() : Expected<void>(fail(seq.error()));
  }
  if (done) return {};
  store->rollback();
  static_cast<void>(trail->load());
  static_cast<void>(open_signing_keys());
  return done;
}

}  // namespace postern::service
