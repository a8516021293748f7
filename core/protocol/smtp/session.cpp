#include "protocol/smtp/session.h"
