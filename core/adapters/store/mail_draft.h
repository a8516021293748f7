// A message on its way in. Private to adapters/store.
#pragma once

#include "adapters/store/mail_state.h"

namespace postern::store {

std::unique_ptr<mail::Draft> make_draft(MailStatePtr state);
std::unique_ptr<mail::Mailbox> make_mailbox(MailStatePtr state, mail::AccountId account, uint32_t count,
                                            uint64_t octets, uint64_t newest);
/// Removes what no message names: half-written spools and blobs of messages that were never acknowledged or are gone.
/// Reports messages whose blob is missing.
Expected<void> sweep_blobs(MailStore::State& state);

}  // namespace postern::store
