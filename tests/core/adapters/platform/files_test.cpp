#include "adapters/platform/files.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>

using namespace postern;
using platform::DataFolder;
using platform::FolderLock;

namespace {

struct Folder {
  QTemporaryDir folder;
  FileSystem& files = platform::real_files();
  std::string path(const std::string& name = "") const {
    const std::string out = folder.path().toStdString();
    return name.empty() ? out : out + "/" + name;
  }
  bool write(const std::string& name, const std::string& content) {
    auto file = files.create(path(name));
    return file && (*file)->write(as_bytes(content)) && (*file)->sync();
  }
  std::string read(const std::string& name, uint64_t offset = 0, size_t size = 1000) {
    const auto got = files.read(path(name), offset, size);
    return got ? to_string(*got) : "<" + std::string(error_name(got.error().code)) + ">";
  }
};

}  // namespace

class FilesTest : public QObject {
  Q_OBJECT
 private slots:
  void write_and_read();
  void an_open_source_survives_its_name();
  void names();
  void allocation_takes_the_room();
  void errors_carry_the_path();
  void one_holder_of_a_lock();
  void a_lock_dies_with_its_process();
  void data_folder_says_what_is_wrong();
  void data_folder_is_closed_to_others();
};

void FilesTest::write_and_read() {
  Folder f;
  QVERIFY(f.write("a", "first"));
  QVERIFY(f.write("a", "second one"));
  QCOMPARE(f.read("a"), std::string("second one"));
  QCOMPARE(f.read("a", 7), std::string("one"));
  QCOMPARE(f.read("a", 3, 4), std::string("ond "));
  QCOMPARE(f.read("a", 100), std::string());
  QCOMPARE(std::filesystem::status(f.path("a")).permissions(), std::filesystem::perms(0600));
}

void FilesTest::an_open_source_survives_its_name() {
  Folder f;
  QVERIFY(f.write("a", "content"));
  auto source = f.files.open(f.path("a"));
  QVERIFY(source.has_value());
  QVERIFY(f.files.remove(f.path("a")).has_value());
  std::array<uint8_t, 10> to{};
  QCOMPARE(*(*source)->read(0, to), size_t{7});
  QCOMPARE(*(*source)->read(5, std::span(to).first(1)), size_t{1});
  QCOMPARE(to[0], uint8_t{'n'});
  QCOMPARE(*(*source)->read(50, to), size_t{0});
  QVERIFY(f.files.open(f.path("a")).error().code == ErrorCode::not_found);
}

void FilesTest::names() {
  Folder f;
  QVERIFY(*f.files.make_folder(f.path("sub")));
  QVERIFY(!*f.files.make_folder(f.path("sub")));
  QVERIFY(f.write("sub/a", "a"));
  QVERIFY(f.write("b", "b"));
  QVERIFY(f.files.rename(f.path("b"), f.path("sub/a")).has_value());
  QCOMPARE(f.read("sub/a"), std::string("b"));
  QVERIFY(f.files.sync_folder(f.path("sub")).has_value());
  QCOMPARE(*f.files.list(f.path("sub")), std::vector<std::string>{"a"});
  QVERIFY(f.files.remove(f.path("sub/a")).has_value());
  QVERIFY(f.files.remove(f.path("sub/a")).has_value());  // gone is gone
  QVERIFY(f.files.list(f.path("sub"))->empty());
  QVERIFY(!f.files.list(f.path("nowhere")).has_value());
}

void FilesTest::allocation_takes_the_room() {
  Folder f;
  QVERIFY(f.files.allocate(f.path("reserve"), 1 << 20).has_value());
  struct stat info {};
  QCOMPARE(::stat(f.path("reserve").c_str(), &info), 0);
  QCOMPARE(info.st_size, off_t{1 << 20});
  QVERIFY(info.st_blocks * 512 >= 1 << 20);
  QVERIFY(f.files.allocate(f.path("reserve"), 1 << 20).has_value());
  const uint64_t free = f.files.free_octets(f.path());
  QVERIFY(free > 0);
  QVERIFY(f.files.allocate(f.path("too_much"), free * 4).error().code == ErrorCode::disk_full);
  QVERIFY(!std::filesystem::exists(f.path("too_much")));
  QCOMPARE(f.files.free_octets(f.path("nowhere")), uint64_t{0});
}

void FilesTest::errors_carry_the_path() {
  Folder f;
  for (const std::string& path : {f.path("none/a"), std::string("/proc/cannot")}) {
    const auto made = f.files.create(path);
    QVERIFY(!made.has_value());
    QCOMPARE(made.error().args.at(0), path);
  }
  QVERIFY(!f.files.sync_folder(f.path("none")).has_value());
  QVERIFY(!f.files.rename(f.path("none"), f.path("b")).has_value());
  QVERIFY(!f.files.make_folder(f.path("none/b")).has_value());
}

void FilesTest::one_holder_of_a_lock() {
  Folder f;
  auto lock = FolderLock::take(f.path());
  QVERIFY(lock.has_value());
  const auto second = FolderLock::take(f.path());
  QVERIFY(!second.has_value());
  QCOMPARE(second.error(), (Error{ErrorCode::folder_locked, {f.path(), std::to_string(::getpid())}}));
  FolderLock moved = std::move(*lock);
  QVERIFY(!FolderLock::take(f.path()).has_value());
  moved = FolderLock();
  QVERIFY(FolderLock::take(f.path()).has_value());
  QVERIFY(!FolderLock::take(f.path("none")).has_value());
}

void FilesTest::a_lock_dies_with_its_process() {
  Folder f;
  int ready[2];
  QCOMPARE(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = FolderLock::take(f.path());
    const char answer = held ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  QCOMPARE(::read(ready[0], &answer, 1), ssize_t{1});
  QCOMPARE(answer, 'y');
  const auto refused = FolderLock::take(f.path());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  QVERIFY(!refused.has_value());
  QCOMPARE(refused.error().args.at(1), std::to_string(child));
  QVERIFY(FolderLock::take(f.path()).has_value());
}

void FilesTest::data_folder_says_what_is_wrong() {
  Folder f;
  const auto code = [](const Expected<DataFolder>& folder) { return folder ? ErrorCode::none : folder.error().code; };
  QVERIFY(code(DataFolder::open(f.path("none"))) == ErrorCode::folder_missing);
  QVERIFY(f.write("file", ""));
  QVERIFY(code(DataFolder::open(f.path("file"))) == ErrorCode::folder_unreadable);
  QVERIFY(code(DataFolder::open(f.path(), "folder.id")) == ErrorCode::not_initialised);
  QVERIFY(!std::filesystem::exists(f.path("lock")));  // nothing was touched
  QVERIFY(f.write("folder.id", "x"));
  auto held = DataFolder::open(f.path(), "folder.id");
  QVERIFY(held.has_value());
  QCOMPARE(held->path(), f.path());
  QVERIFY(code(DataFolder::open(f.path())) == ErrorCode::folder_locked);
  if (::geteuid() == 0) return;  // root may do everything
  QVERIFY(*f.files.make_folder(f.path("closed")));
  std::filesystem::permissions(f.path("closed"), std::filesystem::perms(0500));
  QVERIFY(code(DataFolder::open(f.path("closed"))) == ErrorCode::folder_read_only);
  std::filesystem::permissions(f.path("closed"), std::filesystem::perms(0000));
  QVERIFY(code(DataFolder::open(f.path("closed"))) == ErrorCode::folder_unreadable);
  std::filesystem::permissions(f.path("closed"), std::filesystem::perms(0700));
}

void FilesTest::data_folder_is_closed_to_others() {
  Folder f;
  std::filesystem::permissions(f.path(), std::filesystem::perms(0755));
  QVERIFY(DataFolder::open(f.path()).has_value());
  QCOMPARE(std::filesystem::status(f.path()).permissions(), std::filesystem::perms(0700));
}

QTEST_APPLESS_MAIN(FilesTest)
#include "files_test.moc"
