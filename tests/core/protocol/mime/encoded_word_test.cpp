#include "protocol/mime/encoded_word.h"

#include "base/text.h"
#include "protocol/mime/charset.h"
#include "protocol/mime/transfer.h"
#include "show.h"

using namespace postern;
using namespace postern::mime;

class EncodedWordTest : public QObject {
  Q_OBJECT
 private slots:
  void reads_data();
  void reads();
  void round_trip();
  void words_are_within_bounds();
  void charsets();
  void base64_in_pieces();
  void quoted_printable();
  void transfer_names();
};

void EncodedWordTest::reads_data() {
  QTest::addColumn<std::string>("text");
  QTest::addColumn<std::string>("wanted");
  const auto row = [](const char* name, const std::string& text, const std::string& wanted) {
    QTest::newRow(name) << text << wanted;
  };
  row("plain", "Hello world", "Hello world");
  row("q", "=?utf-8?Q?Gr=C3=BC=C3=9Fe_x?=", "Grüße x");
  row("b", "=?UTF-8?b?R3LDvMOfZQ==?=", "Grüße");
  row("latin", "=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard");
  row("euro", "=?windows-1252?Q?=80?=", "€");
  row("language", "=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore");
  row("blanks between go", "=?utf-8?q?a?=  \t =?utf-8?q?b?=", "ab");
  row("blanks to text stay", "x =?utf-8?q?a?= y =?utf-8?q?b?=", "x a y b");
  row("a character in two words", "=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü");
  row("two charsets", "=?utf-8?q?=C3?= =?iso-8859-1?q?=FC?=", "\xef\xbf\xbdü");
  row("glued", "[X]=?utf-8?B?YQ==?=b", "[X]ab");
  row("no end", "=?utf-8?q?abc", "=?utf-8?q?abc");
  row("no encoding", "=?utf-8?x?abc?=", "=?utf-8?x?abc?=");
  row("no charset", "=??q?abc?=", "=??q?abc?=");
  row("only the beginning", "=? =?a =?a?q", "=? =?a =?a?q");
  row("unknown charset", "=?x-none?q?a=FF=FEb?=",
      "a\xef\xbf\xbd"
      "b");
  row("raw utf-8", "Grüße =?utf-8?q?x?=", "Grüße x");
  row("raw octets", "Gr\xfc\xdf", "Gr\xef\xbf\xbd\xef\xbf\xbd");
  row("bad escapes", "=?utf-8?q?a=G1=?=", "a=G1");
  row("empty",
      "a=?utf-8?q?"
      "?=b",
      "ab");
}

void EncodedWordTest::reads() {
  QFETCH(std::string, text);
  QFETCH(std::string, wanted);
  QCOMPARE(decode_words(text), wanted);
}

void EncodedWordTest::round_trip() {
  std::string all;
  for (uint32_t code = 1; code < 0x11000; code += 7)
    if (code < 0xd800 || code > 0xdfff) append_code_point(code, all);
  append_code_point(0x1f642, all);
  for (const std::string& text : {all, std::string("ü"), std::string("  two  blanks  ü "),
                                  std::string("?= =?_=\"()<>@"), std::string(500, 'a')}) {
    std::string joined;
    for (const std::string& word : encode_words(text)) joined += (joined.empty() ? "" : "\r\n ") + word;
    QCOMPARE(decode_words(joined), text);
  }
}

void EncodedWordTest::words_are_within_bounds() {
  std::string text;
  for (int i = 0; i < 300; ++i) text += i % 3 == 0 ? "漢" : i % 3 == 1 ? "🙂" : "a";
  for (const std::string& input : {text, std::string(200, 'x') + "ü"}) {
    const std::vector<std::string> words = encode_words(input);
    QVERIFY(words.size() > 1);
    for (const std::string& word : words) {
      QVERIFY2(word.size() <= kEncodedWordLimit, word.c_str());
      QVERIFY(is_ascii(word));
      QVERIFY(word.find_first_of(" \"(),.:;<>@[\\]") == std::string::npos);
      // Each word is made of whole characters: it can be read alone.
      QVERIFY(decode_words(word).find(kReplacement) == std::string::npos);
    }
  }
  QVERIFY(encode_words("").empty());
}

void EncodedWordTest::charsets() {
  std::string out;
  QVERIFY(append_utf8("latin1", "\xe4\x80\x81", out));
  QCOMPARE(out, std::string("ä€\xef\xbf\xbd"));
  out.clear();
  QVERIFY(!append_utf8("no-such-set",
                       "a\xff\xfe\xfd"
                       "b",
                       out));
  QCOMPARE(out, std::string("a\xef\xbf\xbd"
                            "b"));
  for (const std::string bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xfe"})
    QVERIFY(is_utf8(to_utf8(bad)));
}

void EncodedWordTest::base64_in_pieces() {
  for (const auto& [text, wanted] : std::vector<std::pair<std::string, std::string>>{{"Zm9v\r\nYmFy", "foobar"},
                                                                                     {"Zm9vYg==", "foob"},
                                                                                     {"Zg==Zg==", "ff"},
                                                                                     {"%Zm*9v", "foo"},
                                                                                     {"Zm9vYg", "foob"},
                                                                                     {"=A=B==", ""},
                                                                                     {"Z", ""}}) {
    QCOMPARE(decode_base64(text), wanted);
    Base64Decoder decoder;
    std::string out;
    for (char c : text) decoder.feed(std::string_view(&c, 1), out);
    QCOMPARE(out, wanted);
  }
}

void EncodedWordTest::quoted_printable() {
  for (const auto& [text, wanted] : std::vector<std::pair<std::string, std::string>>{{"a=3D=\r\nb", "a=b"},
                                                                                     {"a=20 \t\r\nb", "a \r\nb"},
                                                                                     {"a =\n b", "a  b"},
                                                                                     {"soft= \t\r\nbreak", "softbreak"},
                                                                                     {"=c3=bc", "ü"},
                                                                                     {"=G1=1=", "=G1=1"},
                                                                                     {"= x", "= x"},
                                                                                     {"=\t\t", ""},
                                                                                     {"end \t", "end \t"},
                                                                                     {"==41", "=A"},
                                                                                     {"=4=41", "=4A"}}) {
    QCOMPARE(decode_transfer(Transfer::quoted_printable, text), wanted);
    QuotedPrintableDecoder decoder;
    std::string out;
    for (char c : text) decoder.feed(std::string_view(&c, 1), out);
    decoder.finish(out);
    QCOMPARE(out, wanted);
  }
  const std::string blanks(100000, ' ');
  QCOMPARE(decode_transfer(Transfer::quoted_printable, blanks + "x"), blanks + "x");
}

void EncodedWordTest::transfer_names() {
  QVERIFY(transfer_of(" BASE64 ") == Transfer::base64);
  QVERIFY(transfer_of("(c) Quoted-Printable") == Transfer::quoted_printable);
  QVERIFY(transfer_of("") == Transfer::identity);
  QVERIFY(transfer_of("8bit;") == Transfer::identity);
  QVERIFY(transfer_of("x-uuencode") == Transfer::unknown);
}

QTEST_APPLESS_MAIN(EncodedWordTest)
#include "encoded_word_test.moc"
