#include "protocol/smtp/reply.h"

#include <QtTest>
#include <set>

using namespace postern::smtp;

class ReplyTest final : public QObject {
  Q_OBJECT

 private slots:
  /// RFC 2034 section 4: every 2xx, 4xx and 5xx but the greeting, HELO and EHLO; its class is the code's.
  void codes_agree() {
    for (int i = 1; i < static_cast<int>(Reply::count); ++i) {
      const auto reply = static_cast<Reply>(i);
      const ReplyRow& row = reply_row(reply);
      const std::string where = std::to_string(row.code) + " " + std::string(row.rule);
      QVERIFY2(row.code >= 200 && row.code < 600, where.c_str());
      QVERIFY2(!row.rule.empty() && !row.gate.empty(), where.c_str());
      if (reply == Reply::banner || reply == Reply::hello || row.code / 100 == 3) {
        QVERIFY2(row.enhanced.empty(), where.c_str());
      } else {
        QVERIFY2(row.enhanced.size() == 5, where.c_str());
        QVERIFY2(row.enhanced[0] - '0' == row.code / 100, where.c_str());
      }
    }
  }

  void rules_are_unique() {
    std::set<std::string_view> seen;
    for (int i = 1; i < static_cast<int>(Reply::count); ++i)
      QVERIFY2(seen.insert(reply_row(static_cast<Reply>(i)).rule).second, reply_row(static_cast<Reply>(i)).rule.data());
  }

  void lines() {
    QCOMPARE(reply_line(Reply::ok), std::string("250 2.0.0 OK\r\n"));
    QCOMPARE(reply_line(Reply::stored, "Ok: x"), std::string("250 2.0.0 Ok: x\r\n"));
    QCOMPARE(reply_line(Reply::hello, "mx", true), std::string("250-mx\r\n"));
    QCOMPARE(reply_line(Reply::auth_challenge), std::string("334 \r\n"));
    for (int i = 1; i < static_cast<int>(Reply::count); ++i)
      QVERIFY(reply_line(static_cast<Reply>(i)).size() <= 512);  // RFC 5321 section 4.5.3.1.5
  }
};

QTEST_APPLESS_MAIN(ReplyTest)
#include "reply_test.moc"
