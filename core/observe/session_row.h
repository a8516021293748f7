// A session in one line: what lists and the ledger show of a trace. A value.
#pragma once

#include <cstdint>
#include <string>

#include "base/trace.h"

namespace postern::observe {

struct SessionRow {
  uint64_t id = 0;
  uint16_t port = 0;  ///< the gate: 25 or 110
  IpAddress address;
  std::string user;                   ///< login address, "" = not logged in
  Decision verdict = Decision::pass;  ///< see verdict_of
  Stage stage = Stage::accept;        ///< the furthest one reached
  WallTime began = 0;
  WallTime ended = 0;  ///< 0 = open
  uint64_t octets_in = 0;
  uint64_t octets_out = 0;
  uint32_t messages = 0;
  std::string rule;  ///< of the verdict that decided, "" for pass
  std::string why;   ///< how it ended
};

/// The worst decision of all gates: refuse before defer before pass; notes are passes.
Decision verdict_of(const Trace& trace);
SessionRow row_of(const Trace& trace);

}  // namespace postern::observe
