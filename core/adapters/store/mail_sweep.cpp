#include <set>

#include "adapters/store/mail_state.h"
#include "base/log.h"

namespace postern::store {
namespace {

constexpr unsigned kFolders = 256;

void remove_all(FileSystem& files, const std::string& folder) {
  const auto names = files.list(folder);
  if (!names) return;
  for (const std::string& name : *names) static_cast<void>(files.remove(folder + "/" + name));
}

/// The blobs that messages name and that belong into the folder of this first octet.
Expected<std::set<std::string>> named_blobs(Statement& rows, uint8_t first) {
  const Bytes begin{first}, end(kObjectOctets + 1, 0xff);
  rows.bind(1, BytesView(begin));
  const Bytes next{static_cast<uint8_t>(first + 1)};
  rows.bind(2, BytesView(first == 0xff ? end : next));
  std::set<std::string> out;
  for (;;) {
    const auto row = rows.step();
    if (row && *row) {
      out.insert(hex(rows.blob(0)));
      continue;
    }
    rows.reset();
    if (!row) return fail(row.error());
    return out;
  }
}

Expected<void> sweep_folder(FileSystem& files, const std::string& folder, bool there, std::set<std::string> named,
                            SweepResult& result) {
  if (there) {
    const auto names = files.list(folder);
    if (!names) return fail(names.error());
    for (const std::string& name : *names) {
      if (named.erase(name) == 1) continue;
      static_cast<void>(files.remove(folder + "/" + name));
      ++result.orphans;
    }
  }
  for (const std::string& missing : named) {
    log_error("store", "the content of a message is missing: " + folder + "/" + missing);
    ++result.missing;
  }
  return {};
}

}  // namespace

Expected<SweepResult> sweep_blobs(FileSystem& files, const std::string& folder, Database& database) {
  SweepResult out;
  const std::string root = folder + kBlobFolder;
  remove_all(files, folder + kSpoolFolder);
  const auto there = files.list(root);
  if (!there) return fail(there.error());
  const std::set<std::string> folders(there->begin(), there->end());
  // A folder at a time: the names of all blobs need not be in memory together.
  Statement rows(database, "SELECT object FROM message WHERE blob=1 AND object>=?1 AND object<?2");
  for (unsigned first = 0; first < kFolders; ++first) {
    auto named = named_blobs(rows, static_cast<uint8_t>(first));
    if (!named) return fail(named.error());
    const Bytes octet{static_cast<uint8_t>(first)};
    const std::string name = hex(octet);
    auto done = sweep_folder(files, root + "/" + name, folders.contains(name), std::move(*named), out);
    if (!done) return fail(done.error());
  }
  if (out.orphans > 0) log_info("store", std::to_string(out.orphans) + " files of unacknowledged messages removed");
  return out;
}

}  // namespace postern::store
