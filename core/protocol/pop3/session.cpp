#include "protocol/pop3/session.h"
