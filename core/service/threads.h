// The threads of a core and what they share. A datum has one owner; everybody else gets a copy, a message or a pointer
// to something that no longer changes. What is not named here is not shared.
//
//   thread             made by                 owns
//   main               the program             CoreImpl: start and stop
//   I/O, one a core    net::Server             its sessions, their traces while they are open, its policy pointer
//   admin              CoreImpl                AdminState: documents, journal, secrets, audit trail; the only writer of
//   state.db desk               SessionDesk             nothing: it searches copies, so that no I/O thread has to mail
//   writer        store::MailWriter       mail.db's write connection mail checkpoints   store::Checkpointer     a
//   connection of its own, only to copy the log mail workers       store::FileWorkers      the blob they write just now
//   ledger writer      store::LedgerWriter     the month's write connection
//   login workers      LoginWorkers            the password they check just now
//   control            control::ControlServer  its connections
//
//   shared                                     owner         how others reach it
//   Policy, net::GatePolicy, LoginBook         admin         made once, never changed; pointers are handed over
//     CoreImpl::published_                     admin         policy_mutex_ (control thread: who may ask)
//     Verifier::book_, SessionDesk::book_      admin         a mutex each
//     an I/O thread's pointer                  that thread   posted; applied when all have answered
//   Trace of a closed session                  nobody        never changed again: SessionTable (a mutex), LedgerStore
//   (a queue) Trace of an open session                   I/O thread    copied on that thread when the desk asks
//   counters                                   each I/O thread its own; relaxed atomics, added up by who reads
//   verified passwords, networks seen          Verifier      a mutex each
//   waiting logins                             LoginWorkers  a mutex; bounded (kQueueLimit)
//   waiting deliveries and deletions           MailWriter    a mutex; bounded by the sessions, which wait for their
//   answer mailbox locks                              MailStore     a mutex disk trouble MailSpace     an atomic tasks
//   for admin and desk                   TaskThread    a mutex; bounded (kTaskQueue) running_, listening_ main atomics
#pragma once
