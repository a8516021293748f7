#include "crypto/keys.h"
