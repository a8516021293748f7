#include <unordered_set>

#include "adapters/store/mail_draft.h"
#include "base/log.h"

namespace postern::store {
namespace {

Expected<std::unordered_set<std::string>> named_blobs(MailStore::State& state) {
  auto reader = state.take_reader();
  if (!reader) return fail(reader.error());
  std::unordered_set<std::string> out;
  Statement rows((*reader)->database, "SELECT object FROM message WHERE content IS NULL");
  for (;;) {
    const auto row = rows.step();
    if (!row) return fail(row.error());
    if (!*row) return out;
    out.insert(hex(rows.blob(0)));
  }
}

void remove_all(MailStore::State& state, const std::string& folder) {
  const auto names = state.files->list(folder);
  if (!names) return;
  for (const std::string& name : *names) static_cast<void>(state.files->remove(folder + "/" + name));
}

}  // namespace

Expected<void> sweep_blobs(MailStore::State& state) {
  const std::string root = state.options.folder + "/blobs";
  remove_all(state, root + "/tmp");
  auto named = named_blobs(state);
  if (!named) return fail(named.error());
  const auto folders = state.files->list(root);
  if (!folders) return fail(folders.error());
  size_t orphans = 0;
  for (const std::string& folder : *folders) {
    if (folder.size() != 2) continue;
    const auto names = state.files->list(root + "/" + folder);
    if (!names) return fail(names.error());
    for (const std::string& name : *names) {
      if (named->erase(name) == 1) continue;
      static_cast<void>(state.files->remove(root + "/" + folder + "/" + name));
      ++orphans;
    }
  }
  if (orphans > 0) log_info("store", std::to_string(orphans) + " files of unacknowledged messages removed");
  for (const std::string& missing : *named)
    log_error("store", "the content of a message is missing: blobs/" + missing.substr(0, 2) + "/" + missing);
  return {};
}

}  // namespace postern::store
