#include "base/secret.h"

#include <QtTest>
#include <algorithm>
#include <array>
#include <concepts>
#include <new>
#include <ostream>
#include <type_traits>

using namespace postern;

namespace {

constexpr std::string_view kShort = "s3cret";  // fits into the string object itself
constexpr std::string_view kLong = "a passphrase that is long enough to be kept on the heap";

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <class T>
concept Comparable = requires(const T& a, const T& b) {
  a == b;
};

static_assert(!std::copy_constructible<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);
static_assert(!Printable<Secret> && !Comparable<Secret>);
static_assert(!std::convertible_to<std::string, Secret> && !std::convertible_to<Secret, std::string_view>);

bool all_zero(const char* octets, size_t size) {
  return std::all_of(octets, octets + size, [](char c) { return c == 0; });
}

}  // namespace

class SecretTest : public QObject {
  Q_OBJECT
 private slots:
  void wipe_overwrites();
  void clear_overwrites_what_it_held();
  void moving_leaves_nothing_behind();
  void assigning_overwrites_the_old_value();
  void destruction_overwrites_short_text();
  void clone_is_independent();
  void comparison();
};

void SecretTest::wipe_overwrites() {
  std::string text(kLong);
  wipe(text);
  QCOMPARE(text.size(), kLong.size());
  QVERIFY(all_zero(text.data(), text.size()));
  Bytes bytes{1, 2, 3};
  wipe(bytes);
  QCOMPARE(bytes, (Bytes{0, 0, 0}));
  wipe(nullptr, 0);
}

void SecretTest::clear_overwrites_what_it_held() {
  Secret secret{std::string(kLong)};
  // The string keeps its memory when it is cleared, so that it may still be looked at.
  const char* octets = secret.reveal().data();
  secret.clear();
  QVERIFY(secret.empty());
  QCOMPARE(secret.size(), size_t{0});
  QVERIFY(all_zero(octets, kLong.size()));
}

void SecretTest::moving_leaves_nothing_behind() {
  for (const std::string_view text : {kShort, kLong}) {
    Secret from{std::string(text)};
    const char* octets = from.reveal().data();
    const Secret to(std::move(from));
    QCOMPARE(std::string(to.reveal()), std::string(text));
    QVERIFY(to.reveal().data() == octets || all_zero(octets, text.size()));
    QVERIFY(from.empty());  // NOLINT: what a move leaves is what is tested
  }
}

void SecretTest::assigning_overwrites_the_old_value() {
  Secret secret{std::string(kShort)};
  Secret other{std::string(kLong)};
  const char* octets = other.reveal().data();
  secret = std::move(other);
  QCOMPARE(std::string(secret.reveal()), std::string(kLong));
  QVERIFY(secret.reveal().data() == octets || all_zero(octets, kLong.size()));
  Secret& same = secret;
  secret = std::move(same);
  QCOMPARE(std::string(secret.reveal()), std::string(kLong));
}

void SecretTest::destruction_overwrites_short_text() {
  alignas(Secret) std::array<char, sizeof(Secret)> storage{};
  auto* secret = new (storage.data()) Secret(std::string(kShort));
  const auto holds = [&] {
    return std::search(storage.begin(), storage.end(), kShort.begin(), kShort.end()) != storage.end();
  };
  QVERIFY(holds());
  secret->~Secret();
  QVERIFY(!holds());
}

void SecretTest::clone_is_independent() {
  Secret secret{std::string(kShort)};
  const Secret copy = secret.clone();
  secret.clear();
  QCOMPARE(std::string(copy.reveal()), std::string(kShort));
  QCOMPARE(to_string(copy.reveal_bytes()), std::string(kShort));
}

void SecretTest::comparison() {
  QVERIFY(equal_constant_time(as_bytes("abc"), as_bytes("abc")));
  QVERIFY(equal_constant_time({}, {}));
  for (const char* other : {"", "ab", "abd", "xbc", "abcd", "ABC"})
    QVERIFY2(!equal_constant_time(as_bytes("abc"), as_bytes(other)), other);
}

QTEST_APPLESS_MAIN(SecretTest)
#include "secret_test.moc"
