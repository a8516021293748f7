// A TLS client and a TLS server that talk in memory.
#pragma once

#include <chrono>
#include <string>

#include "crypto/tls.h"

namespace postern::test {

inline WallTime wall_now() {
  return SystemClock().wall();
}

/// One side and what it has said but the other has not heard.
struct TlsSide {
  crypto::TlsEngine engine;
  Bytes out;
  crypto::TlsEngine::Status status = crypto::TlsEngine::Status::more;
};

/// Hands `octets` to a side's handshake in pieces of `step`; what lies behind the handshake is left in `octets`.
inline void feed_handshake(TlsSide& side, Bytes& octets, size_t step) {
  using Status = crypto::TlsEngine::Status;
  while (!octets.empty() && side.status == Status::more) {
    const size_t count = std::min(step, octets.size());
    BytesView piece(octets.data(), count);
    side.status = side.engine.handshake(piece, side.out);
    octets.erase(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(count - piece.size()));
  }
}

/// Both handshakes to their ends, good or bad. What one side sent and the other did not take is left in its `out`.
inline void shake_hands(TlsSide& client, TlsSide& server, size_t step = SIZE_MAX) {
  using Status = crypto::TlsEngine::Status;
  BytesView nothing;
  client.status = client.engine.handshake(nothing, client.out);
  for (int round = 0; round < 10 && (client.status == Status::more || server.status == Status::more); ++round) {
    feed_handshake(server, client.out, step);
    feed_handshake(client, server.out, step);
  }
}

/// All that can be decrypted out of `octets`, fed in pieces of `step`.
inline std::string read_all(crypto::TlsEngine& engine, BytesView octets, Bytes& out, crypto::TlsEngine::Status& last,
                            size_t step = SIZE_MAX) {
  using Status = crypto::TlsEngine::Status;
  std::string text;
  Bytes plain(20'000);
  do {
    BytesView piece = octets.first(std::min(step, octets.size()));
    octets = octets.subspan(piece.size());
    size_t got = 0;
    while ((last = engine.read(piece, plain, got, out)) == Status::ok)
      text.append(as_text(BytesView(plain).first(got)));
  } while (!octets.empty() && last == Status::more);
  return text;
}

}  // namespace postern::test
