#include "protocol/mime/address.h"
