set(POSTERN_SERVICE_ADMIN_SOURCES
  admin/admin_state.cpp admin/certificates.cpp admin/changes.cpp admin/create.cpp admin/documents.cpp admin/keys.cpp
  admin/kinds.cpp admin/open.cpp admin/policy_builder.cpp admin/rows.cpp admin/trail_requests.cpp admin/upkeep.cpp
  admin/users.cpp admin/users_removed.cpp admin/verify_journal.cpp)
