// TLS without sockets: the driver hands in what it received and sends what is appended. RFC 8446, 5246; policy of RFC 9325.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/expected.h"
#include "crypto/certificate.h"

namespace postern::crypto {

/// A server's TLS configuration: immutable, shared by any number of engines and threads.
/// 1.2 floor (or 1.3 only), AEAD suites with forward secrecy only, no renegotiation, no compression, no tickets
/// that outlive the process, SSL_MODE_RELEASE_BUFFERS.
class TlsContext {
 public:
  static Expected<std::shared_ptr<const TlsContext>> server(const CertificateBundle& certificate, bool only_tls13);
  /// A client's: verifies the peer against `authority_pem` alone and, unless empty, `name`.
  static Expected<std::shared_ptr<const TlsContext>> client(const std::string& authority_pem, const std::string& name);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsEngine;
  TlsContext() = default;
  struct State;
  std::unique_ptr<State> state_;
};

/// One connection's TLS. Belongs to one thread. Keeps nothing but OpenSSL's own state between calls: input is consumed
/// from the span given, output is appended to the buffer given.
class TlsEngine {
 public:
  enum class Status : uint8_t {
    ok,      ///< handshake complete / octets were produced / everything was written
    more,    ///< all input is used up; call again with more
    closed,  ///< the peer sent close_notify
    failed,  ///< protocol error (see failure()); send what was appended, then close
  };

  explicit TlsEngine(std::shared_ptr<const TlsContext> context);
  ~TlsEngine();
  TlsEngine(TlsEngine&&) noexcept;
  TlsEngine& operator=(TlsEngine&&) noexcept;

  /// Goes on with the handshake. `in` is advanced past what was used (input behind the handshake stays).
  Status handshake(BytesView& in, Bytes& out);
  /// Decrypts up to plain.size() octets; `got` says how many. Call until `more`: OpenSSL may hold a part of a record.
  Status read(BytesView& in, std::span<uint8_t> plain, size_t& got, Bytes& out);
  /// Encrypts all of `plain` into `out`.
  Status write(BytesView plain, Bytes& out);
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
  std::unique_ptr<State> state_;
};

}  // namespace postern::crypto
