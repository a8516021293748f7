// A change on its way into the store. Private to response/change.
#pragma once

#include "response/change/engine.h"

namespace postern::change {

struct ChangeEngine::Writing {
  ChangeSet change;
  std::vector<NewSecret> secrets;
  std::map<std::string, uint64_t> numbers;
  std::vector<EffectIntent> intents;
  std::vector<EffectRecord> effects;    ///< made of the intents
  std::optional<ChangeSet> taken_back;  ///< the change that this one undoes
};

}  // namespace postern::change
