// Runs dialogues against a protocol machine, with its input cut in every way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/machine.h"
#include "dialogues/dialogue.h"

namespace postern::test {

/// A machine and the driver around it. Derive one for each protocol; perform() is given what the machine wants.
class DialogueMachine {
 public:
  virtual ~DialogueMachine() = default;

  /// One "rules" setting; false when it is not known.
  virtual bool set(const std::string& key, const std::string& value) = 0;
  virtual void start() = 0;
  /// The machine's input(); returns the octets used.
  virtual size_t input(std::string_view octets) = 0;
  virtual void tls_done(bool ok) = 0;
  /// "A:": false when no question is open or the text is not understood.
  virtual bool answer(const std::string& text) = 0;
  /// "E:"
  virtual bool event(const std::string& text) = 0;
  /// A check of its own; an empty string, or what is wrong.
  virtual std::string check(const std::string& kind, const std::string& text) = 0;
  virtual bool waiting() const = 0;
  /// What came of it, beside the replies: equal however the input was cut.
  virtual std::string outcome() const = 0;

  std::string sent;
  bool closed = false;
  bool tls_wanted = false;
};

/// How input is cut: whole pieces, one octet at a time, or at places chosen by the seed.
struct Cut {
  enum class Kind : uint8_t { whole, octets, random } kind = Kind::whole;
  uint32_t seed = 0;
};

struct RunResult {
  std::string error;  ///< empty: as expected
  std::string sent;   ///< everything the machine sent
  std::string outcome;
};

using MachineFactory = std::function<std::unique_ptr<DialogueMachine>()>;

RunResult run_dialogue(const Dialogue& dialogue, const MachineFactory& make, Cut cut);
/// Every cut, and all with the same result. Empty, or what is wrong.
std::string run_every_way(const Dialogue& dialogue, const MachineFactory& make);

}  // namespace postern::test
