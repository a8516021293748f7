#include "service/places.h"

#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>

using namespace postern;

class PlacesTest : public QObject {
  Q_OBJECT
 private slots:
  void init();
  void key_lives_outside_the_folder();
  void key_is_never_overwritten();
  void broken_keys_are_told_apart();
  void folder_without_id();

 private:
  QTemporaryDir home_;
};

void PlacesTest::init() {
  qputenv("XDG_CONFIG_HOME", home_.path().toUtf8());
}

void PlacesTest::key_lives_outside_the_folder() {
  QTemporaryDir folder;
  const auto claimed = service::claim_kek_path(folder.path().toStdString());
  QVERIFY(claimed.has_value());
  QVERIFY(claimed->find(folder.path().toStdString()) == std::string::npos);
  const auto made = service::create_kek(*claimed);
  QVERIFY(made.has_value());
  const auto found = service::kek_path(folder.path().toStdString());
  QVERIFY(found.has_value());
  QCOMPARE(*found, *claimed);
  QVERIFY(*service::read_kek(*found) == *made);
  const auto mode = std::filesystem::status(*found).permissions();
  QVERIFY((mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) ==
          std::filesystem::perms::none);
}

void PlacesTest::key_is_never_overwritten() {
  const std::string path = home_.filePath("once").toStdString();
  QVERIFY(service::create_kek(path).has_value());
  const auto again = service::create_kek(path);
  QVERIFY(!again.has_value());
  QVERIFY(again.error().code == ErrorCode::already_exists);
}

void PlacesTest::broken_keys_are_told_apart() {
  QVERIFY(service::read_kek(home_.filePath("none").toStdString()).error().code == ErrorCode::key_missing);
  QFile file(home_.filePath("short"));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write("abcd\n");
  file.close();
  QVERIFY(service::read_kek(file.fileName().toStdString()).error().code == ErrorCode::key_wrong);
}

void PlacesTest::folder_without_id() {
  QTemporaryDir folder;
  QVERIFY(service::kek_path(folder.path().toStdString()).error().code == ErrorCode::not_initialised);
}

QTEST_APPLESS_MAIN(PlacesTest)
#include "places_test.moc"
