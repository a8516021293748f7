// The one record of a session: which stage was reached when, what each gate decided, what was said (secrets masked).
// Graphs, transcript, "why was this refused" and the ledger all read it. Owned by the session's thread while it lives;
// a closed one is immutable and may be shared.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"

namespace postern {

/// The twelve stages of a session, in order. POP3 sessions use accept, policy, banner, tls, auth, data (transaction),
/// commit (update) and close.
enum class Stage : uint8_t { accept, policy, banner, ehlo, tls, auth, mail, rcpt, data, content, commit, close };
constexpr size_t kStages = 12;
std::string_view stage_name(Stage stage);

enum class Decision : uint8_t { pass, note, defer, refuse };
std::string_view decision_name(Decision decision);

/// What one gate decided. `gate` and `rule` are short stable words ("relay", "no-such-user"), `reason` may carry a
/// value.
struct Verdict {
  Stage stage = Stage::accept;
  Decision decision = Decision::pass;
  std::string gate;
  std::string rule;
  std::string reason;
  int32_t score = 0;
  uint32_t at_ms = 0;  ///< since the session began
};

constexpr size_t kTranscriptLimit = 16 * 1024;  ///< octets a session; beyond it the middle is left out and counted
constexpr size_t kVerdictLimit = 256;           ///< a session

/// A session's trace. Small while little happened: an idle session costs a few hundred octets.
class Trace {
 public:
  Trace(uint64_t session, uint16_t port, Endpoint peer, Endpoint local, WallTime began)
      : session_(session), began_(began), peer_(peer), local_(local), port_(port) {
    stages_.fill(kNotReached);
  }

  void reach(Stage stage, WallTime now);
  void verdict(Verdict verdict, WallTime now);
  /// One line of the dialogue, without CRLF; the caller has masked secrets. Direction 'C' or 'S'.
  void line(char direction, std::string_view text, WallTime now);
  void set_user(std::string_view address) { user_ = address; }
  void set_helo(std::string_view name) { helo_ = name.substr(0, 255); }
  void set_tls(std::string_view version_and_cipher) { tls_ = version_and_cipher; }
  void count_in(uint64_t octets) { octets_in_ += octets; }
  void count_out(uint64_t octets) { octets_out_ += octets; }
  void count_message() { ++messages_; }
  void finish(WallTime now, std::string_view why);
  /// A copy for another thread.
  Trace copy() const;

  uint64_t session() const { return session_; }
  uint16_t port() const { return port_; }
  const Endpoint& peer() const { return peer_; }
  const Endpoint& local() const { return local_; }
  WallTime began() const { return began_; }
  WallTime ended() const { return ended_; }  ///< 0 while open
  const std::string& user() const { return user_; }
  const std::string& helo() const { return helo_; }
  const std::string& tls() const { return tls_; }
  const std::string& why() const { return why_; }
  uint64_t octets_in() const { return octets_in_; }
  uint64_t octets_out() const { return octets_out_; }
  uint32_t messages() const { return messages_; }
  const std::vector<Verdict>& verdicts() const { return verdicts_; }
  /// Milliseconds since the start, or kNotReached.
  uint32_t reached(Stage stage) const { return stages_[static_cast<size_t>(stage)]; }
  /// Lines "<ms> C: text\n"; what was left out stands as one line "... N octets left out".
  std::string transcript() const;

  static constexpr uint32_t kNotReached = UINT32_MAX;

 private:
  uint64_t session_;
  WallTime began_;
  WallTime ended_ = 0;
  Endpoint peer_, local_;
  uint16_t port_;
  uint32_t messages_ = 0;
  uint64_t octets_in_ = 0, octets_out_ = 0;
  std::array<uint32_t, kStages> stages_;
  std::string user_, helo_, tls_, why_;
  std::vector<Verdict> verdicts_;
  std::string head_;                   ///< first half of the transcript
  std::unique_ptr<std::string> tail_;  ///< last half, once the head is full
  uint64_t left_out_ = 0;
};

}  // namespace postern
