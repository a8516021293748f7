#include "mail/message_store.h"
