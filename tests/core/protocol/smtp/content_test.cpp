#include "protocol/smtp/content.h"

#include <QElapsedTimer>
#include <QtTest>

#include "support/content_model.h"

using namespace postern;
using namespace postern::smtp;
using test::ContentModel;
using test::model_content;
using namespace std::string_literals;

namespace {

constexpr Content::Rules kData{true, true, 1 << 20, 65536};
constexpr Content::Rules kStrict{true, false, 1 << 20, 65536};
constexpr Content::Rules kChunks{false, true, 1 << 20, 65536};

/// Feeds pieces from memory of their own, so that what outlives a call is found.
struct Feed {
  explicit Feed(const Content::Rules& rules) : content(rules) {}

  size_t feed(std::string_view piece) {
    const std::string copy(piece);
    Actions actions;
    const size_t used = content.feed(copy, actions);
    take(actions);
    return used;
  }
  void finish() {
    Actions actions;
    content.finish(actions);
    take(actions);
  }
  void take(const Actions& actions) {
    for (size_t i = 0; i < actions.size(); ++i) stored += actions[i].bytes;
  }

  Content content;
  std::string stored;
};

/// All texts of `length` octets over the octets that mean something.
std::vector<std::string> texts(size_t length) {
  constexpr std::string_view kAlphabet = "\r\n.x";
  std::vector<std::string> out{""};
  for (size_t i = 0; i < length; ++i) {
    std::vector<std::string> longer;
    for (const std::string& text : out)
      for (const char c : kAlphabet) longer.push_back(text + c);
    out = std::move(longer);
  }
  return out;
}

std::string readable(const std::string& text) {
  return QByteArray::fromStdString(text).toPercentEncoding().toStdString();
}

}  // namespace

class ContentTest final : public QObject {
  Q_OBJECT

  void compare(const std::string& text, const Content::Rules& rules, size_t cut) {
    const ContentModel model = model_content(text, rules.dots);
    Feed feed(rules);
    size_t used = feed.feed(text.substr(0, cut));
    if (!feed.content.ended()) used += feed.feed(text.substr(cut));
    if (!rules.dots) feed.finish();
    const std::string where = readable(text) + " cut at " + std::to_string(cut);
    const bool ended = model.end != std::string_view::npos;
    QVERIFY2(feed.content.ended() == (ended || !rules.dots), where.c_str());
    QVERIFY2(used == (ended ? model.end : text.size()), where.c_str());
    QVERIFY2(feed.content.bare() == model.bare || !(ended || !rules.dots), where.c_str());
    if (ended || !rules.dots) {
      QVERIFY2(feed.stored == model.stored, (where + " stored " + readable(feed.stored)).c_str());
      QVERIFY2(feed.content.octets() == model.stored.size(), where.c_str());
    }
  }

 private slots:
  void every_text_of_seven_in_data() {
    for (const std::string& text : texts(7))
      for (size_t cut = 0; cut <= 7; ++cut) compare(text + "\r\n.\r\nNOOP", kData, cut);
  }

  void every_text_of_six_in_chunks() {
    for (const std::string& text : texts(6))
      for (size_t cut = 0; cut <= 6; ++cut) compare(text, kChunks, cut);
  }

  void strict_passes_on_nothing_bare() {
    for (const std::string& text : texts(6)) {
      const ContentModel model = model_content(text + "\r\n.\r\n", true);
      Feed feed(kStrict);
      feed.feed(text + "\r\n.\r\n");
      QVERIFY(feed.content.ended());
      QCOMPARE(feed.content.fault() == Fault::bare_line_end, model.bare > 0);
      if (model.bare == 0) QCOMPARE(feed.stored, model.stored);
    }
  }

  void whole_pieces_are_not_copied() {
    const std::string text = "Subject: x\r\n\r\nline one\r\nline two\r\n";
    Content content(kStrict);
    Actions actions;
    content.feed(text, actions);
    QCOMPARE(actions.size(), size_t{1});
    QVERIFY(actions[0].bytes.data() == text.data());
    QCOMPARE(actions[0].bytes.size(), text.size());
  }

  void faults_do_not_depend_on_the_cut() {
    const std::vector<std::string> samples{std::string(30, 'x') + "\0y\n"s,      "ab\0c\n"s + std::string(30, 'x'),
                                           "a\nb\0"s + std::string(100, 'y'),    std::string("0123456789\r\n") + "\0"s,
                                           std::string("Received:\r\n") + "\0"s, "\r\n\r\n\r\n\r\n\r\n\r\n\0\n"s};
    for (const bool repair : {false, true})
      for (const std::string& sample : samples) {
        const std::string text = sample + "\r\n.\r\n";
        const Content::Rules rules{true, repair, 24, 20};
        Feed whole(rules);
        whole.feed(text);
        QVERIFY(whole.content.fault() != Fault::none);
        for (size_t step = 1; step < 5; ++step) {
          Feed pieces(rules);
          for (size_t i = 0; i < text.size(); i += step) pieces.feed(text.substr(i, step));
          QVERIFY(pieces.content.ended());
          QCOMPARE(pieces.content.fault(), whole.content.fault());
        }
      }
  }

  void received_headers_are_counted_in_the_header_only() {
    std::string header;
    for (int i = 0; i < 100; ++i) header += "received: x\r\n\tReceived: y\r\nXReceived: z\r\nReceived; a\r\nRec\r\n";
    for (const size_t step : {size_t{1}, size_t{3}, header.size()}) {
      Feed good(kStrict), bad(kStrict);
      const std::string rest = "\r\nReceived: body\r\n.\r\n";
      for (size_t i = 0; i < header.size(); i += step) {
        good.feed(header.substr(i, step));
        bad.feed(header.substr(i, step));
      }
      good.feed(rest);
      bad.feed("RECEIVED:\r\n" + rest);
      QCOMPARE(good.content.fault(), Fault::none);
      QCOMPARE(bad.content.fault(), Fault::loop);
    }
  }

  void limits_are_exact() {
    for (const size_t size : {size_t{99}, size_t{100}, size_t{101}}) {
      Feed feed({true, false, 100, 65536});
      feed.feed(std::string(size - 2, 'x') + "\r\n.\r\n");
      QCOMPARE(feed.content.fault(), size > 100 ? Fault::too_big : Fault::none);
      Feed line({true, false, 1000, 100});
      line.feed("." + std::string(size, 'x') + "\r\n.\r\n");
      QCOMPARE(line.content.fault(), size > 100 ? Fault::line_too_long : Fault::none);
    }
  }

  /// Hostile content costs time in proportion to its length: no octet is searched for again and again.
  void floods_are_linear_data() {
    QTest::addColumn<QByteArray>("unit");
    QTest::newRow("CR") << QByteArray("\r");
    QTest::newRow("LF") << QByteArray("\n");
    QTest::newRow("dots") << QByteArray("\r\n..");
    QTest::newRow("CR x") << QByteArray("\rx");
    QTest::newRow("headers") << QByteArray("r\r\n");
  }

  void floods_are_linear() {
    QFETCH(QByteArray, unit);
    const auto cost = [&](size_t octets) {
      const std::string text = unit.repeated(static_cast<qsizetype>(octets) / unit.size()).toStdString();
      Content content({true, true, 1 << 30, 1 << 30});
      QElapsedTimer timer;
      timer.start();
      Actions actions;
      content.feed(text, actions);
      return static_cast<double>(timer.nsecsElapsed());
    };
    cost(1 << 14);
    // 64 times the octets: quadratic would be 4,096 times the time.
    const double small = cost(1 << 14);
    const double large = cost(1 << 20);
    QVERIFY2(large < 600 * std::max(small, 20000.0), (std::to_string(small) + " " + std::to_string(large)).c_str());
  }

  void reading_on_has_an_end() {
    Content content({true, false, 1000, 65536});
    Actions actions;
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 64; ++i) content.feed(block, actions);
    QCOMPARE(content.fault(), Fault::too_big);
    QVERIFY(!content.hopeless());
    content.feed(block, actions);
    QVERIFY(content.hopeless());
  }
};

QTEST_APPLESS_MAIN(ContentTest)
#include "content_test.moc"
