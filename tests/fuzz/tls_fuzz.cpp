// A TLS server fed by a stranger, in any pieces: as its first words, in the middle of a handshake, and on an open
// connection. Whatever comes, the engine's answers have to agree with each other.
// Input: one octet for the state to begin in, one for the size of the pieces, the rest is the wire.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/crypto/tls_pair.h"

using namespace postern;
using namespace postern::crypto;
using namespace postern::test;
using Status = TlsEngine::Status;

namespace {

constexpr size_t kPlainSize = 3000;
constexpr size_t kOutputPerInput = 64;     ///< an answer to a flood stays in proportion
constexpr size_t kHandshakeOutput = 4096;  ///< our certificate and what belongs to it

enum Begin : uint8_t { fresh, hello_heard, open_13, open_12, changed_record, kBegins };

void require(bool condition) {
  if (!condition) std::abort();
}

struct World {
  CertificateBundle authority = make_authority("Fuzz", wall_now());
  std::shared_ptr<const TlsContext> server =
      TlsContext::server(issue_leaf(authority, {"mx.example.org"}, {}, wall_now()).value(), false).value();
  std::shared_ptr<const TlsContext> client_13 = client(TlsClientOptions::Versions::only_13);
  std::shared_ptr<const TlsContext> client_12 = client(TlsClientOptions::Versions::only_12);

  std::shared_ptr<const TlsContext> client(TlsClientOptions::Versions versions) const {
    TlsClientOptions options;
    options.ca_pem = authority.chain_pem;
    options.versions = versions;
    return TlsContext::client(options).value();
  }
};

void check_failed(TlsEngine& server) {
  require(!server.established() && !server.failure().empty());
  Bytes out;
  Bytes plain(kPlainSize);
  size_t got = 1;
  BytesView nothing;
  require(server.handshake(nothing, out) == Status::failed);
  require(server.read(nothing, plain, got, out) == Status::failed && got == 0);
  require(server.write(plain, out) == Status::failed);
  server.shutdown(out);
  require(out.empty());
}

/// True when it is worth going on.
bool handshake_piece(TlsEngine& server, BytesView piece, Bytes& out) {
  const size_t before = piece.size();
  const Status status = server.handshake(piece, out);
  require(piece.size() <= before && status != Status::ok);  // nobody finishes a handshake by chance
  if (status == Status::more) require(piece.empty() && !server.established() && server.description().empty());
  if (status == Status::failed) check_failed(server);
  return status == Status::more;
}

bool read_piece(TlsEngine& server, BytesView piece, Bytes& out, Bytes& heard) {
  Bytes plain(kPlainSize);
  for (;;) {
    size_t got = 0;
    const size_t before = piece.size();
    const Status status = server.read(piece, plain, got, out);
    require(got <= plain.size() && (got > 0) == (status == Status::ok) && piece.size() <= before);
    if (status == Status::ok) {
      heard.insert(heard.end(), plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(got));
      continue;
    }
    if (status == Status::more) require(piece.empty() && server.established());
    if (status == Status::failed) check_failed(server);
    return status == Status::more;
  }
}

void feed(TlsEngine& server, BytesView wire, size_t step, bool open) {
  Bytes out;
  Bytes heard;
  const size_t total = wire.size();
  while (!wire.empty()) {
    const BytesView piece = wire.first(std::min(step, wire.size()));
    wire = wire.subspan(piece.size());
    if (!(open ? read_piece(server, piece, out, heard) : handshake_piece(server, piece, out))) break;
  }
  require(heard.empty());  // nothing that was not encrypted for us is ever taken for data
  require(out.size() <= kHandshakeOutput + total * kOutputPerInput);
}

/// A real record with one octet changed, then the rest of the input.
void feed_changed_record(TlsSide& client, TlsSide& server, BytesView input, size_t step) {
  Bytes wire;
  client.engine.write(as_bytes("MAIL FROM:<a@example.org>\r\n"), wire);
  if (input.size() < 2) return;
  const size_t at = input[0] % wire.size();
  if (input[1] == 0) return;
  wire[at] ^= input[1];
  wire.insert(wire.end(), input.begin() + 2, input.end());
  feed(server.engine, wire, step, true);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const World world;
  if (size < 2) return 0;
  const auto begin = static_cast<Begin>(data[0] % kBegins);
  const size_t step = data[1] == 0 ? SIZE_MAX : data[1];
  const BytesView input(data + 2, size - 2);
  TlsSide server{TlsEngine(world.server), {}};
  if (begin == fresh) {
    feed(server.engine, input, step, false);
    return 0;
  }
  TlsSide client{TlsEngine(begin == open_12 ? world.client_12 : world.client_13, "mx.example.org"), {}};
  if (begin == hello_heard) {
    BytesView nothing;
    client.engine.handshake(nothing, client.out);
    BytesView hello(client.out);
    require(server.engine.handshake(hello, server.out) == Status::more);
    feed(server.engine, input, step, false);
    return 0;
  }
  shake_hands(client, server);
  require(client.engine.established() && server.engine.established());
  if (begin == changed_record) {
    feed_changed_record(client, server, input, step);
  } else {
    feed(server.engine, input, step, true);
  }
  return 0;
}
