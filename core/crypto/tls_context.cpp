// The TLS policy: RFC 9325 sections 3 and 4.
#include <openssl/err.h>

#include "crypto/certificate_parts.h"
#include "crypto/tls_state.h"

namespace postern::crypto {
namespace {

using detail::must;
using detail::take_openssl_reason;

// ECDHE with AEAD alone (RFC 9325 section 4.2): no CBC, no RSA key exchange, no finite-field groups.
constexpr const char* kSuites12 =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
constexpr const char* kSuites13 = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";
/// TLS 1.2 takes an EC certificate only when both sides have its curve among their groups.
constexpr const char* kGroupsWithP521 = "X25519:P-256:P-384:P-521";
constexpr int kSecurityLevel = 2;  ///< 112 bits: RSA and DH of 2048, no SHA-1 signatures

/// Session tickets and the cache stay off: a ticket key that lives as long as the process undoes forward secrecy for
/// all its sessions (RFC 9325 section 3.4), cached sessions cost memory a connection, and mail clients keep connections
/// open for long or come back minutes apart, so that resumption would save next to nothing.
void forbid_resumption(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  must(SSL_CTX_set_num_tickets(context, 0) == 1, "TLS tickets");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

void set_versions(SSL_CTX* context, int lowest, int highest) {
  must(SSL_CTX_set_min_proto_version(context, lowest) == 1, "TLS version");
  must(SSL_CTX_set_max_proto_version(context, highest) == 1, "TLS version");
}

void set_groups(SSL_CTX* context, const char* groups) {
  must(SSL_CTX_set1_groups_list(context, groups) == 1, "TLS groups");
}

void apply_policy(SSL_CTX* context) {
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  must(SSL_CTX_set_cipher_list(context, kSuites12) == 1, "TLS 1.2 suites");
  must(SSL_CTX_set_ciphersuites(context, kSuites13) == 1, "TLS 1.3 suites");
  set_groups(context, kGroups);
  forbid_resumption(context);
}

detail::SslContextPtr new_context(const SSL_METHOD* method) {
  detail::SslContextPtr context(SSL_CTX_new(method));
  must(context != nullptr, "no memory for a TLS context");
  apply_policy(context.get());
  return context;
}

tl::unexpected<Error> not_usable() {
  return detail::broken("certificate", std::string("TLS cannot use it: ") + take_openssl_reason());
}

bool use(SSL_CTX* context, const detail::CertificateParts& parts) {
  if (SSL_CTX_use_certificate(context, parts.certificates.front().get()) != 1) return false;
  for (size_t i = 1; i < parts.certificates.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, parts.certificates[i].get()) != 1) return false;
  }
  if (detail::key_name(parts.keys.front().get()) == "EC P-521") set_groups(context, kGroupsWithP521);
  return SSL_CTX_use_PrivateKey(context, parts.keys.front().get()) == 1;
}

Expected<void> trust(SSL_CTX* context, const std::string& ca_pem) {
  if (ca_pem.empty()) {
    must(SSL_CTX_set_default_verify_paths(context) == 1, "the machine's trust store");
    return {};
  }
  detail::CertificateParts parts;
  if (auto read = detail::read_pem(ca_pem, Secret(), "ca", parts); !read) return read;
  if (parts.certificates.empty()) return fail(ErrorCode::bad_input, {"ca", "no certificate in it"});
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const auto& certificate : parts.certificates) {
    // OpenSSL derives what it needs of a certificate when it is first asked. Asked here, no two threads do it at once.
    X509_check_purpose(certificate.get(), -1, 0);
    must(X509_STORE_add_cert(store, certificate.get()) == 1, "trust anchor");
  }
  return {};
}

}  // namespace

TlsContext::TlsContext() : state_(std::make_unique<State>()) {}
TlsContext::~TlsContext() = default;

Expected<std::shared_ptr<const TlsContext>> TlsContext::server(const CertificateBundle& certificate, bool only_tls13) {
  detail::CertificateParts parts;
  for (const std::string_view text : {std::string_view(certificate.chain_pem), certificate.key_pem.reveal()}) {
    if (auto read = detail::read_pem(text, Secret(), "certificate", parts); !read) return fail(std::move(read.error()));
  }
  if (parts.certificates.empty()) return detail::broken("certificate", "no certificate in it");
  if (parts.keys.empty()) return detail::broken("certificate", "no private key in it");
  ERR_clear_error();
  const bool match = X509_check_private_key(parts.certificates.front().get(), parts.keys.front().get()) == 1;
  if (!match) {
    ERR_clear_error();
    return fail(ErrorCode::certificate_mismatch, {"certificate"});
  }
  std::shared_ptr<TlsContext> made(new TlsContext);
  made->state_->context = new_context(TLS_server_method());
  SSL_CTX* const context = made->state_->context.get();
  set_versions(context, only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION, TLS1_3_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  if (!use(context, parts)) return not_usable();
  return made;
}

Expected<std::shared_ptr<const TlsContext>> TlsContext::client(const TlsClientOptions& options) {
  using Versions = TlsClientOptions::Versions;
  std::shared_ptr<TlsContext> made(new TlsContext);
  made->state_->context = new_context(TLS_client_method());
  set_groups(made->state_->context.get(), kGroupsWithP521);
  made->state_->client = true;
  made->state_->peer_name = options.peer_name;
  SSL_CTX* const context = made->state_->context.get();
  set_versions(context, options.versions == Versions::only_13 ? TLS1_3_VERSION : TLS1_2_VERSION,
               options.versions == Versions::only_12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_verify(context, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!options.verify) return made;
  if (auto trusted = trust(context, options.ca_pem); !trusted) return fail(std::move(trusted.error()));
  return made;
}

Expected<std::shared_ptr<const TlsContext>> TlsContext::client(const std::string& ca_pem,
                                                               const std::string& peer_name) {
  if (ca_pem.empty()) return fail(ErrorCode::bad_input, {"ca", "no certificate in it"});
  TlsClientOptions options;
  options.ca_pem = ca_pem;
  options.peer_name = peer_name;
  return client(options);
}

}  // namespace postern::crypto
