// The machines' questions, answered from a policy. Immutable; any thread.
#pragma once

#include <memory>

#include "adapters/net/host.h"
#include "mail/message_store.h"
#include "service/admin/policy.h"
#include "service/verifier.h"

namespace postern::service {

/// What the I/O threads read: rules over `policy`, which they keep alive.
std::shared_ptr<const net::GatePolicy> gate_policy(std::shared_ptr<const Policy> policy, mail::MessageStore& store);
/// What the verifier reads.
std::shared_ptr<const LoginBook> login_book(std::shared_ptr<const Policy> policy);

}  // namespace postern::service
