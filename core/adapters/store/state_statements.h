// The statements of state.db, prepared once. Private to adapters/store.
#pragma once

#include "adapters/store/state_store.h"

namespace postern::store {

struct StateStore::Statements {
  explicit Statements(Database& db)
      : document(db, "SELECT kind,id,body,version,changed,change FROM document WHERE kind=?1 AND id=?2"),
        documents(db, "SELECT kind,id,body,version,changed,change FROM document WHERE (?1='' OR kind=?1) AND (kind||'/'||id)>?2 ORDER BY kind,id LIMIT ?3"),
        put_document(db, "INSERT OR REPLACE INTO document VALUES(?1,?2,?3,?4,?5,?6)"),
        erase_document(db, "DELETE FROM document WHERE kind=?1 AND id=?2"),
        put_change(db, "INSERT INTO journal(time,actor,via,reason,state,deadline,boot,undoes,undone_by) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,0)"),
        put_item(db, "INSERT INTO journal_item VALUES(?1,?2,?3,?4,?5,?6)"),
        update_change(db, "UPDATE journal SET state=?2, undone_by=CASE WHEN ?3=0 THEN undone_by ELSE ?3 END WHERE id=?1"),
        change(db, "SELECT id,time,actor,via,reason,state,deadline,boot,undoes,undone_by FROM journal WHERE id=?1"),
        changes(db, "SELECT id,time,actor,via,reason,state,deadline,boot,undoes,undone_by FROM journal WHERE ?1=0 OR id<?1 ORDER BY id DESC LIMIT ?2"),
        pending(db, "SELECT id,time,actor,via,reason,state,deadline,boot,undoes,undone_by FROM journal WHERE state='pending-confirm' ORDER BY id DESC"),
        items(db, "SELECT kind,id,before,after FROM journal_item WHERE change=?1 ORDER BY position"),
        put_entry(db, "INSERT INTO audit_entry VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"),
        put_payload(db, "INSERT INTO audit_payload VALUES(?1,?2)"),
        payload(db, "SELECT box FROM audit_payload WHERE seq=?1"),
        entries(db, "SELECT seq,time,actor,via,action,object,commitment,hash FROM audit_entry WHERE seq>=?1 ORDER BY seq"),
        meta(db, "SELECT value FROM meta WHERE name=?1"),
        put_meta(db, "INSERT OR REPLACE INTO meta VALUES(?1,?2)"),
        put_secret(db, "INSERT INTO secret VALUES(?1,?2,?3,NULL)"),
        secret(db, "SELECT box FROM secret WHERE id=?1") {}
  Statement document, documents, put_document, erase_document, put_change, put_item, update_change, change, changes, pending, items, put_entry,
      put_payload, payload, entries, meta, put_meta, put_secret, secret;
};

}  // namespace postern::store
