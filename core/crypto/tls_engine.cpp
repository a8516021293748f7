#include <openssl/err.h>

#include <algorithm>

#include "base/ip_address.h"
#include "crypto/hello_guard.h"
#include "crypto/tls_state.h"

namespace postern::crypto {

using detail::must;

struct TlsEngine::State {
  std::shared_ptr<const TlsContext> context;
  BytesView* in = nullptr;  ///< set during a call only, as is `out`
  Bytes* out = nullptr;
  const char* failure = "";
  bool failed = false;
  bool established = false;
  bool hello_too_long = false;
  detail::HelloGuard hello;
  detail::SslPtr ssl;  ///< last: its BIO points to this object
};

/// Lends input and output to the BIO for the time of one call, and begins and ends with an empty error queue.
struct TlsEngine::Call {
  Call(State& state, BytesView* in, Bytes* out) : state_(state) {
    state_.in = in;
    state_.out = out;
    ERR_clear_error();
  }
  ~Call() {
    state_.in = nullptr;
    state_.out = nullptr;
    ERR_clear_error();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // The three functions of the BIO: reads take from the span of the call, writes append to its buffer.
  static int bio_read(BIO* bio, char* to, size_t wanted, size_t* got) {
    State& state = *static_cast<State*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const size_t count = state.in == nullptr ? 0 : std::min(wanted, state.in->size());
    if (count == 0) {
      BIO_set_retry_read(bio);
      return 0;
    }
    if (!state.established && !state.context->state_->client && !state.hello.accepts(state.in->first(count))) {
      state.hello_too_long = true;
      return 0;
    }
    std::copy_n(state.in->begin(), count, reinterpret_cast<uint8_t*>(to));
    *state.in = state.in->subspan(count);
    *got = count;
    return 1;
  }
  static int bio_write(BIO* bio, const char* from, size_t count, size_t* written) {
    State& state = *static_cast<State*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (state.out == nullptr) return 0;
    state.out->insert(state.out->end(), from, from + count);
    *written = count;
    return 1;
  }
  static long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* bio_method() {
    static const BIO_METHOD* const method = make_method();
    return method;
  }

 private:
  static const BIO_METHOD* make_method() {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "postern spans");
    must(method != nullptr, "no memory for a BIO");
    BIO_meth_set_read_ex(method, bio_read);
    BIO_meth_set_write_ex(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
  }

  State& state_;
};

namespace {

/// Which name the server is asked for and has to prove (RFC 6066 section 3, RFC 9525).
void set_peer_name(SSL* ssl, const std::string& name) {
  if (name.empty()) return;
  if (const auto address = IpAddress::parse(name)) {
    must(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address->to_string().c_str()) == 1, "peer address");
    return;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  must(SSL_set1_host(ssl, name.c_str()) == 1, "peer name");
  must(SSL_set_tlsext_host_name(ssl, name.c_str()) == 1, "server name");
}

}  // namespace

TlsEngine::TlsEngine(std::shared_ptr<const TlsContext> context, const std::string& peer_name)
    : state_(std::make_unique<State>()) {
  state_->context = std::move(context);
  state_->ssl.reset(SSL_new(state_->context->state_->context.get()));
  BIO* const bio = BIO_new(Call::bio_method());
  must(state_->ssl != nullptr && bio != nullptr, "no memory for a TLS engine");
  BIO_set_data(bio, state_.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(state_->ssl.get(), bio, bio);  // one BIO for both ways; the SSL object owns it now
  if (state_->context->state_->client) {
    SSL_set_connect_state(state_->ssl.get());
    set_peer_name(state_->ssl.get(), peer_name.empty() ? state_->context->state_->peer_name : peer_name);
  } else {
    SSL_set_accept_state(state_->ssl.get());
  }
}

TlsEngine::~TlsEngine() = default;
TlsEngine::TlsEngine(TlsEngine&&) noexcept = default;
TlsEngine& TlsEngine::operator=(TlsEngine&&) noexcept = default;

/// What a call's result means. The peer's close is remembered by OpenSSL, a failure by us.
TlsEngine::Status TlsEngine::settle(int result) {
  SSL* const ssl = state_->ssl.get();
  switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_NONE:
      return Status::ok;
    case SSL_ERROR_WANT_READ:
      return Status::more;
    case SSL_ERROR_ZERO_RETURN:
      return Status::closed;
    default:
      break;
  }
  state_->failed = true;
  const long verdict = SSL_get_verify_result(ssl);
  state_->failure = detail::take_openssl_reason();
  if (state_->hello_too_long) state_->failure = "client hello too long";
  if (verdict != X509_V_OK && !state_->established) state_->failure = X509_verify_cert_error_string(verdict);
  return Status::failed;
}

TlsEngine::Status TlsEngine::handshake(BytesView& in, Bytes& out) {
  if (state_->failed) return Status::failed;
  const Call call(*state_, &in, &out);
  const Status status = settle(SSL_do_handshake(state_->ssl.get()));
  if (status == Status::ok) state_->established = true;
  return status;
}

TlsEngine::Status TlsEngine::read(BytesView& in, std::span<uint8_t> plain, size_t& got, Bytes& out) {
  got = 0;
  if (state_->failed) return Status::failed;
  const Call call(*state_, &in, &out);
  return settle(SSL_read_ex(state_->ssl.get(), plain.data(), plain.size(), &got));
}

TlsEngine::Status TlsEngine::write(BytesView plain, Bytes& out) {
  if (state_->failed || !state_->established) return Status::failed;
  if (plain.empty()) return Status::ok;
  const Call call(*state_, nullptr, &out);
  size_t written = 0;
  return settle(SSL_write_ex(state_->ssl.get(), plain.data(), plain.size(), &written));
}

bool TlsEngine::update_keys(Bytes& out) {
  if (state_->failed || !state_->established) return false;
  const Call call(*state_, nullptr, &out);
  SSL* const ssl = state_->ssl.get();
  return SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1 && settle(SSL_do_handshake(ssl)) == Status::ok;
}

void TlsEngine::shutdown(Bytes& out) {
  if (state_->failed || !state_->established) return;
  const Call call(*state_, nullptr, &out);
  SSL_shutdown(state_->ssl.get());
}

bool TlsEngine::established() const {
  return state_->established && !state_->failed;
}

std::string TlsEngine::description() const {
  if (!state_->established) return {};
  return version() + " " + SSL_get_cipher_name(state_->ssl.get());
}

std::string TlsEngine::version() const {
  return state_->established ? SSL_get_version(state_->ssl.get()) : "";
}

std::string TlsEngine::failure() const {
  return state_->failure;
}

}  // namespace postern::crypto
