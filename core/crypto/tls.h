// TLS without sockets: the driver hands in what it received and sends what is appended. RFC 8446, 5246; policy of RFC
// 9325.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/expected.h"
#include "crypto/certificate.h"

namespace postern::crypto {

/// What the client side asks of its peer.
struct TlsClientOptions {
  enum class Versions : uint8_t { from_12, only_12, only_13 };

  std::string ca_pem;  ///< the only trust anchors; empty: the machine's own store
  bool verify = true;  ///< false: any certificate will do (opportunistic TLS, RFC 7435)
  Versions versions = Versions::from_12;
  std::string peer_name;  ///< for engines that are made without a name of their own
};

/// One side's TLS configuration: immutable, shared by any number of engines and threads.
/// 1.2 floor (or 1.3 only), AEAD suites with forward secrecy only, no renegotiation, no compression, no session tickets
/// and no session cache, SSL_MODE_RELEASE_BUFFERS.
class TlsContext {
 public:
  static Expected<std::shared_ptr<const TlsContext>> server(const CertificateBundle& certificate, bool only_tls13);
  /// bad_input when ca_pem is given and holds no certificate.
  static Expected<std::shared_ptr<const TlsContext>> client(const TlsClientOptions& options);
  /// A client that trusts `ca_pem` alone and asks for `peer_name`.
  static Expected<std::shared_ptr<const TlsContext>> client(const std::string& ca_pem, const std::string& peer_name);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsEngine;
  TlsContext();
  struct State;
  std::unique_ptr<State> state_;
};

/// One connection's TLS. Belongs to one thread. Keeps nothing but OpenSSL's own state between calls: input is consumed
/// from the span given, output is appended to the buffer given. After `failed` or `closed` every later call says so
/// again.
class TlsEngine {
 public:
  enum class Status : uint8_t {
    ok,      ///< handshake complete / octets were produced / everything was written
    more,    ///< all input is used up; call again with more
    closed,  ///< the peer sent close_notify
    failed,  ///< protocol error (see failure()); send what was appended, then close
  };

  /// The server's side, or the client's when the context is one. `peer_name` is the host name or IP address that a
  /// client asks for (SNI) and that the certificate has to bear; empty: the context's. A server ignores it.
  explicit TlsEngine(std::shared_ptr<const TlsContext> context, const std::string& peer_name = {});
  ~TlsEngine();
  TlsEngine(TlsEngine&&) noexcept;
  TlsEngine& operator=(TlsEngine&&) noexcept;

  /// Goes on with the handshake. `in` is advanced past what was used (input behind the handshake stays).
  /// A client begins with empty input.
  Status handshake(BytesView& in, Bytes& out);
  /// Decrypts up to plain.size() octets (at least one; at most one record's); `got` says how many, 0 unless `ok`.
  /// Call until `more`, also with no input left: OpenSSL may hold a part of a record.
  Status read(BytesView& in, std::span<uint8_t> plain, size_t& got, Bytes& out);
  /// Encrypts all of `plain` into `out`.
  Status write(BytesView plain, Bytes& out);
  /// Takes new keys for what is sent and asks the peer to do the same (RFC 8446 section 4.6.3). False under TLS 1.2.
  bool update_keys(Bytes& out);
  /// Appends close_notify.
  void shutdown(Bytes& out);

  bool established() const;
  /// "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty before the handshake.
  std::string description() const;
  /// "TLSv1.3"
  std::string version() const;
  /// Why it failed, in OpenSSL's short words ("wrong version number"); no secret.
  std::string failure() const;

 private:
  struct State;
  struct Call;
  Status settle(int result);
  std::unique_ptr<State> state_;
};

}  // namespace postern::crypto
