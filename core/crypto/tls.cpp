#include "crypto/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>

#include "crypto/tls_memory.h"

namespace postern::crypto {
namespace {

// RFC 9325 section 4.2: forward secrecy and AEAD only. OpenSSL's own list serves TLS 1.3.
constexpr const char* kTls12Suites =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-"
    "SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";

std::string take_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "the handshake was cut off" : reason;
}

Error broken(const std::string& why) {
  return {ErrorCode::certificate_broken, {"TLS", why}};
}

bool use_chain(SSL_CTX* context, const std::string& pem) {
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* leaf = PEM_read_bio_X509(memory, nullptr, nullptr, nullptr);
  bool good = leaf != nullptr && SSL_CTX_use_certificate(context, leaf) == 1;
  X509_free(leaf);
  while (good) {
    X509* next = PEM_read_bio_X509(memory, nullptr, nullptr, nullptr);
    if (next == nullptr) break;
    good = SSL_CTX_add0_chain_cert(context, next) == 1;
  }
  BIO_free(memory);
  return good;
}

bool use_key(SSL_CTX* context, std::string_view pem) {
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(memory, nullptr, nullptr, nullptr);
  const bool good = key != nullptr && SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  BIO_free(memory);
  return good;
}

void set_policy(SSL_CTX* context, bool only_tls13) {
  SSL_CTX_set_min_proto_version(context, only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kTls12Suites);
  SSL_CTX_set1_groups_list(context, kGroups);
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // No resumption: mail sessions are few and long, and a ticket key would have to be rotated and kept secret.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
}

}  // namespace

struct TlsContext::State {
  SSL_CTX* context = nullptr;
  bool client = false;
  std::string name;
  ~State() { SSL_CTX_free(context); }
};

TlsContext::~TlsContext() = default;

Expected<std::shared_ptr<const TlsContext>> TlsContext::server(const CertificateBundle& certificate, bool only_tls13) {
  std::shared_ptr<TlsContext> out(new TlsContext());
  out->state_ = std::make_unique<State>();
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  out->state_->context = context;
  set_policy(context, only_tls13);
  if (!use_chain(context, certificate.chain_pem) || !use_key(context, certificate.key_pem.reveal()))
    return fail(broken(take_error()));
  if (SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::certificate_mismatch, {"TLS"});
  }
  return std::shared_ptr<const TlsContext>(std::move(out));
}

Expected<std::shared_ptr<const TlsContext>> TlsContext::client(const std::string& authority_pem,
                                                               const std::string& name) {
  std::shared_ptr<TlsContext> out(new TlsContext());
  out->state_ = std::make_unique<State>();
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  out->state_->context = context;
  out->state_->client = true;
  out->state_->name = name;
  set_policy(context, false);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  BIO* memory = BIO_new_mem_buf(authority_pem.data(), static_cast<int>(authority_pem.size()));
  X509* authority = PEM_read_bio_X509(memory, nullptr, nullptr, nullptr);
  BIO_free(memory);
  const bool good = authority != nullptr && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority) == 1;
  X509_free(authority);
  if (!good) return fail(broken(take_error()));
  return std::shared_ptr<const TlsContext>(std::move(out));
}

struct TlsEngine::State {
  std::shared_ptr<const TlsContext> context;
  SSL* ssl = nullptr;
  MemoryPair memory;
  bool failed = false;
  std::string failure;

  ~State() { SSL_free(ssl); }

  /// What a negative result of OpenSSL means for the caller.
  Status judge(int result) {
    switch (SSL_get_error(ssl, result)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        return Status::more;
      case SSL_ERROR_ZERO_RETURN:
        return Status::closed;
      default:
        break;
    }
    failed = true;
    failure = take_error();
    return Status::failed;
  }
};

TlsEngine::TlsEngine(std::shared_ptr<const TlsContext> context) : state_(std::make_unique<State>()) {
  state_->context = std::move(context);
  const TlsContext::State& from = *state_->context->state_;
  state_->ssl = SSL_new(from.context);
  BIO* bio = make_memory_bio(&state_->memory);
  SSL_set_bio(state_->ssl, bio, bio);
  if (!from.client) {
    SSL_set_accept_state(state_->ssl);
    return;
  }
  SSL_set_connect_state(state_->ssl);
  if (from.name.empty()) return;
  SSL_set_tlsext_host_name(state_->ssl, from.name.c_str());
  SSL_set1_host(state_->ssl, from.name.c_str());
}

TlsEngine::~TlsEngine() = default;
TlsEngine::TlsEngine(TlsEngine&&) noexcept = default;
TlsEngine& TlsEngine::operator=(TlsEngine&&) noexcept = default;

TlsEngine::Status TlsEngine::handshake(BytesView& in, Bytes& out) {
  if (state_->failed) return Status::failed;
  const MemoryUse use(state_->memory, in, out);
  ERR_clear_error();
  const int result = SSL_do_handshake(state_->ssl);
  return result == 1 ? Status::ok : state_->judge(result);
}

TlsEngine::Status TlsEngine::read(BytesView& in, std::span<uint8_t> plain, size_t& got, Bytes& out) {
  got = 0;
  if (state_->failed) return Status::failed;
  const MemoryUse use(state_->memory, in, out);
  ERR_clear_error();
  const int result = SSL_read_ex(state_->ssl, plain.data(), plain.size(), &got);
  return result == 1 ? Status::ok : state_->judge(result);
}

TlsEngine::Status TlsEngine::write(BytesView plain, Bytes& out) {
  if (state_->failed) return Status::failed;
  BytesView nothing;
  const MemoryUse use(state_->memory, nothing, out);
  ERR_clear_error();
  while (!plain.empty()) {
    size_t written = 0;
    const int result = SSL_write_ex(state_->ssl, plain.data(), plain.size(), &written);
    if (result != 1) return state_->judge(result);
    plain = plain.subspan(written);
  }
  return Status::ok;
}

void TlsEngine::shutdown(Bytes& out) {
  if (state_->failed) return;
  BytesView nothing;
  const MemoryUse use(state_->memory, nothing, out);
  SSL_shutdown(state_->ssl);
  ERR_clear_error();
}

bool TlsEngine::established() const {
  return !state_->failed && SSL_is_init_finished(state_->ssl) == 1;
}

std::string TlsEngine::version() const {
  return established() ? SSL_get_version(state_->ssl) : "";
}

std::string TlsEngine::description() const {
  return established() ? version() + " " + SSL_CIPHER_get_name(SSL_get_current_cipher(state_->ssl)) : std::string();
}

std::string TlsEngine::failure() const {
  return state_->failure;
}

}  // namespace postern::crypto
