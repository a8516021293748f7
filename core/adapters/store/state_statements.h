// The statements of state.db, prepared once. Private to adapters/store.
#pragma once

#include "adapters/store/state_store.h"

namespace postern::store {

/// Runs `read` for each row; resets whatever comes.
template <class Read>
Expected<void> each_row(Statement& statement, Read read) {
  for (;;) {
    const auto row = statement.step();
    if (row && *row && read(statement)) continue;
    statement.reset();
    if (!row) return fail(row.error());
    return {};
  }
}

struct StateStore::Statements {
  explicit Statements(Database& db);

  Statement document, documents, documents_of, put_document;
  Statement add_change, add_item, move_change, change, changes, changes_in, items;
  Statement put_secret, secret_info, open_secret, retire_secret, retired, erase_secret;
  Statement add_effect, move_effect, effects_of, effects_in;
  Statement number, set_number;
  Statement add_entry, add_payload, put_node, node, frontier, put_frontier, newest_head;
};

}  // namespace postern::store
