#include "crypto/ed25519.h"
