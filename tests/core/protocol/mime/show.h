// Lets Qt Test print std::string in a failed comparison.
#pragma once

#include <QtTest>
#include <string>

namespace QTest {
template <>
inline char* toString(const std::string& text) {
  return qstrdup(QByteArray::fromStdString(text).toPercentEncoding(" =?()<>[]:;@,\"'/+*\\|{}").constData());
}
}  // namespace QTest
