#include "adapters/store/state_statements.h"

namespace postern::store {
namespace {

#define POSTERN_DOCUMENT "SELECT kind,id,body,version,changed FROM document "
#define POSTERN_CHANGE                                                                                          \
  "SELECT id,time,actor,via,reason,action,incident,summary,state,undo,undoes,undone_by,deadline,deadline_mono," \
  "deadline_begin,boot FROM journal "
#define POSTERN_SECRET "SELECT id,kind,owner,field,created,retired FROM secret "
#define POSTERN_EFFECT "SELECT id,change,verb,object,before,after,state,error,time FROM effect "

}  // namespace

StateStore::Statements::Statements(Database& db)
    : document(db, POSTERN_DOCUMENT "WHERE kind=?1 AND id=?2"),
      documents(db, POSTERN_DOCUMENT "WHERE (kind,id)>(?1,?2) AND (?4 OR body IS NOT NULL) ORDER BY kind,id LIMIT ?3"),
      documents_of(db,
                   POSTERN_DOCUMENT "WHERE kind=?1 AND id>?2 AND (?4 OR body IS NOT NULL) ORDER BY kind,id LIMIT ?3"),
      put_document(db, "INSERT OR REPLACE INTO document VALUES(?1,?2,?3,?4,?5)"),
      add_change(
          db,
          "INSERT INTO journal(time,actor,via,reason,action,incident,summary,state,undo,undoes,undone_by,"
          "deadline,deadline_mono,deadline_begin,boot) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)"),
      add_item(db, "INSERT INTO journal_item VALUES(?1,?2,?3,?4,?5,?6)"),
      move_change(db,
                  "UPDATE journal SET state=?2,undone_by=?3,deadline=?4,deadline_mono=?5,deadline_begin=?6,boot=?7 "
                  "WHERE id=?1"),
      change(db, POSTERN_CHANGE "WHERE id=?1"),
      changes(db, POSTERN_CHANGE "WHERE id<?1 ORDER BY id DESC LIMIT ?2"),
      changes_in(db, POSTERN_CHANGE "WHERE state=?1 AND state IN ('draft','pending-confirm') ORDER BY id"),
      items(db, "SELECT kind,id,before,after FROM journal_item WHERE change=?1 ORDER BY position"),
      put_secret(db, "INSERT INTO secret VALUES(?1,?2,?3,?4,?5,NULL,?6)"),
      secret_info(db, POSTERN_SECRET "WHERE id=?1"),
      open_secret(db, "SELECT box FROM secret WHERE id=?1"),
      retire_secret(db, "UPDATE secret SET retired=?2 WHERE id=?1"),
      retired(db, POSTERN_SECRET "WHERE retired<?1 ORDER BY retired LIMIT ?2"),
      erase_secret(db, "DELETE FROM secret WHERE id=?1"),
      add_effect(db,
                 "INSERT INTO effect(id,change,verb,object,before,after,state,error,time) "
                 "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)"),
      move_effect(db, "UPDATE effect SET before=?2,state=?3,error=?4,time=?5 WHERE id=?1"),
      effects_of(db, POSTERN_EFFECT "WHERE change=?1 ORDER BY position"),
      effects_in(db, POSTERN_EFFECT "WHERE state=?1 ORDER BY position"),
      number(db, "SELECT value FROM meta WHERE name=?1"),
      set_number(db, "INSERT OR REPLACE INTO meta VALUES(?1,?2)"),
      add_entry(db, "INSERT INTO audit_entry VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"),
      add_payload(db, "INSERT INTO audit_payload VALUES(?1,?2)"),
      put_node(db, "INSERT OR REPLACE INTO audit_node VALUES(?1,?2,?3)"),
      node(db, "SELECT hash FROM audit_node WHERE level=?1 AND position=?2"),
      frontier(db, "SELECT size,chain,peaks,mac FROM audit_frontier"),
      put_frontier(db, "INSERT OR REPLACE INTO audit_frontier VALUES(1,?1,?2,?3,?4)"),
      newest_head(db, "SELECT head FROM audit_head ORDER BY size DESC LIMIT 1") {}

#undef POSTERN_DOCUMENT
#undef POSTERN_CHANGE
#undef POSTERN_SECRET
#undef POSTERN_EFFECT

}  // namespace postern::store
