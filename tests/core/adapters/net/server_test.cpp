#include "adapters/net/server.h"

#include <QtTest>
#include <atomic>
#include <future>

#include "support/memory_store.h"
#include "support/tcp_client.h"

using namespace postern;
using test::TcpClient;

namespace {

constexpr mail::AccountId kAlice = 1;

class TestSmtpRules final : public smtp::Rules {
 public:
  smtp::Limits bounds;
  std::string name = "mx.example.org";
  const smtp::Limits& limits() const override { return bounds; }
  const std::string& host_name() const override { return name; }
  smtp::Recipient recipient(std::string_view local, std::string_view domain) const override {
    if (domain != "example.org") return {smtp::Recipient::Kind::relay_denied, 0};
    if (local != "alice") return {smtp::Recipient::Kind::unknown, 0};
    return {smtp::Recipient::Kind::local, kAlice};
  }
  bool may_send_as(smtp::AccountId, std::string_view, std::string_view) const override { return true; }
  bool lenient(const IpAddress&) const override { return false; }
  bool accepting() const override { return true; }
  bool tls_available() const override { return true; }
};

class TestPop3Rules final : public pop3::Rules {
 public:
  pop3::Limits bounds;
  std::string name = "mx.example.org";
  const pop3::Limits& limits() const override { return bounds; }
  const std::string& host_name() const override { return name; }
  bool tls_available() const override { return true; }
};

/// Accepts "alice@example.org" / "secret"; remembers closed traces.
class TestHost final : public net::Host {
 public:
  const Clock& clock() const override { return clock_; }
  mail::MessageStore& store() override { return store_; }
  void verify(net::VerifyRequest request, std::function<void(net::VerifyOutcome)> done) override {
    net::VerifyOutcome outcome;
    const bool right = request.login == "alice@example.org" && request.secret.reveal() == "secret";
    outcome.kind = right ? net::VerifyOutcome::Kind::accepted : net::VerifyOutcome::Kind::wrong;
    outcome.account = right ? kAlice : 0;
    outcome.address = request.login;
    outcome.version = 1;
    std::thread(std::move(done), outcome).detach();
  }
  uint64_t next_session_id() override { return ++last_id_; }
  void session_opened(unsigned, const Trace&) override { ++opened; }
  void session_closed(unsigned, std::shared_ptr<const Trace> trace) override {
    const std::lock_guard lock(mutex_);
    closed_.push_back(std::move(trace));
    changed_.notify_all();
  }
  void message_committed(unsigned, bool stored, int64_t, uint64_t) override { committed += stored ? 1 : 0; }
  void login_judged(unsigned, uint16_t, bool) override {}

  /// The trace of the n-th session that ended.
  std::shared_ptr<const Trace> closed(size_t index) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, Seconds(20), [&] { return closed_.size() > index; })) return nullptr;
    return closed_[index];
  }
  std::atomic<int> opened{0}, committed{0};
  test::MemoryStore store_;

 private:
  SystemClock clock_;
  std::atomic<uint64_t> last_id_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<const Trace>> closed_;
};

struct Fixture {
  explicit Fixture(Seconds command_timeout = Seconds(300)) {
    smtp->bounds.command = command_timeout;
    smtp->bounds.greeting = command_timeout;
    const WallTime now = SystemClock().wall();
    authority = crypto::make_authority("Test CA", now);
    const auto leaf = crypto::issue_leaf(authority, {"mx.example.org"}, {}, now);
    tls = *crypto::TlsContext::server(*leaf, false);
    bound = server.bind();
    if (bound) server.start(policy(1));
  }
  ~Fixture() { server.stop(Seconds(0)); }

  std::shared_ptr<net::GatePolicy> policy(uint64_t version) {
    auto out = std::make_shared<net::GatePolicy>();
    out->smtp = smtp;
    out->pop3 = pop3;
    out->tls = tls;
    out->quota = [](mail::AccountId) { return uint64_t{0}; };
    out->still_valid = [version](mail::AccountId, uint64_t login) { return login == version; };
    return out;
  }

  TestHost host;
  std::shared_ptr<TestSmtpRules> smtp = std::make_shared<TestSmtpRules>();
  std::shared_ptr<TestPop3Rules> pop3 = std::make_shared<TestPop3Rules>();
  crypto::CertificateBundle authority;
  std::shared_ptr<const crypto::TlsContext> tls;
  net::Server server{host, {*Endpoint::parse("127.0.0.1:0"), *Endpoint::parse("127.0.0.1:0"), 2}};
  Expected<void> bound;
};

/// A client that goes into TLS after the plain dialogue.
class SecureClient {
 public:
  SecureClient(TcpClient& plain, const crypto::CertificateBundle& authority)
      : plain_(plain), engine_(*crypto::TlsContext::client(authority.chain_pem, "mx.example.org")) {}

  bool handshake() {
    BytesView in;
    std::string raw;
    for (;;) {
      Bytes out;
      const auto status = engine_.handshake(in, out);
      plain_.send(as_text(out));
      if (status == crypto::TlsEngine::Status::ok) return true;
      if (status != crypto::TlsEngine::Status::more) return false;
      raw = plain_.raw();
      if (raw.empty()) return false;
      in = as_bytes(raw);
    }
  }
  void send(const std::string& text) {
    Bytes out;
    engine_.write(as_bytes(text), out);
    plain_.send(as_text(out));
  }
  std::string line() {
    while (buffer_.find("\r\n") == std::string::npos) {
      const std::string raw = plain_.raw();
      if (raw.empty()) return "<closed>";
      BytesView in = as_bytes(raw);
      std::array<uint8_t, 16384> chunk{};
      size_t got = 0;
      Bytes out;
      while (engine_.read(in, chunk, got, out) == crypto::TlsEngine::Status::ok)
        buffer_ += as_text(BytesView(chunk.data(), got));
      buffer_ += as_text(BytesView(chunk.data(), got));
    }
    const size_t end = buffer_.find("\r\n");
    std::string text = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return text;
  }
  std::string command(const std::string& text) {
    send(text + "\r\n");
    return line();
  }

 private:
  TcpClient& plain_;
  crypto::TlsEngine engine_;
  std::string buffer_;
};

std::string deliver(TcpClient& client, const std::string& body) {
  client.command("MAIL FROM:<bob@example.com>");
  client.command("RCPT TO:<alice@example.org>");
  client.command("DATA");
  client.send(body + "\r\n.\r\n");
  return client.reply();
}

/// Logs in on the POP3 gate through STLS.
std::unique_ptr<SecureClient> login(Fixture& fixture, TcpClient& plain) {
  plain.line();
  plain.command("STLS");
  auto secure = std::make_unique<SecureClient>(plain, fixture.authority);
  if (!secure->handshake()) return nullptr;
  secure->command("USER alice@example.org");
  if (!secure->command("PASS secret").starts_with("+OK")) return nullptr;
  return secure;
}

}  // namespace

class ServerTest : public QObject {
  Q_OBJECT
 private slots:
  void message_goes_in_and_comes_out();
  void large_message_is_spooled();
  void idle_session_is_timed_out();
  void swap_ends_sessions_whose_login_is_gone();
  void kill_ends_one_session();
  void a_tick_that_is_due_does_not_keep_it_from_stopping();
  void half_a_command_gains_no_time();
  void the_last_reply_arrives_over_unread_input();
  void port_in_use_names_the_holder();
  void stop_says_421_and_lets_a_message_finish();
  void vanished_client_leaves_a_trace();
  void plain_text_behind_stls_is_not_executed();
};

void ServerTest::message_goes_in_and_comes_out() {
  Fixture fixture;
  QVERIFY(fixture.bound.has_value());
  TcpClient client(fixture.server.smtp_endpoint());
  QVERIFY(client.reply().starts_with("220 "));
  QVERIFY(client.command("EHLO client.example.com").starts_with("250"));
  QVERIFY(deliver(client, "Subject: x\r\n\r\nhello\r\n..dot").starts_with("250"));
  QVERIFY(client.command("QUIT").starts_with("221"));
  QCOMPARE(client.line(), std::string("<closed>"));
  QCOMPARE(fixture.host.committed.load(), 1);

  TcpClient plain(fixture.server.pop3_endpoint());
  const auto pop = login(fixture, plain);
  QVERIFY(pop != nullptr);
  QVERIFY(pop->command("RETR 1").starts_with("+OK"));
  std::string text;
  for (std::string line = pop->line(); line != "."; line = pop->line()) {
    QVERIFY(line != "<closed>");
    text += line + "\n";
  }
  QVERIFY(text.ends_with("Subject: x\n\nhello\n..dot\n"));
  QVERIFY(pop->command("DELE 1").starts_with("+OK"));
  QVERIFY(pop->command("QUIT").starts_with("+OK"));
  QVERIFY(fixture.host.store_.messages(kAlice).empty());
  const auto trace = fixture.host.closed(0);
  QVERIFY(trace && trace->messages() == 1);
}

void ServerTest::large_message_is_spooled() {
  Fixture fixture;
  TcpClient client(fixture.server.smtp_endpoint());
  client.reply();
  client.command("EHLO client.example.com");
  std::string body = "Subject: big\r\n\r\n";
  for (int i = 0; i < 40'000; ++i) body += "0123456789abcdef0123456789abcdef0123456789abcdef01234567\r\n";
  body += "end";
  QVERIFY(deliver(client, body).starts_with("250"));
  const auto stored = fixture.host.store_.messages(kAlice);
  QCOMPARE(stored.size(), size_t{1});
  QVERIFY(stored[0].content.ends_with(body + "\r\n"));
}

void ServerTest::idle_session_is_timed_out() {
  Fixture fixture(Seconds(1));
  TcpClient client(fixture.server.smtp_endpoint());
  client.reply();
  QVERIFY(client.line().starts_with("421 "));
  QCOMPARE(client.line(), std::string("<closed>"));
}

void ServerTest::swap_ends_sessions_whose_login_is_gone() {
  Fixture fixture;
  TcpClient plain(fixture.server.pop3_endpoint());
  const auto pop = login(fixture, plain);
  QVERIFY(pop != nullptr);
  std::promise<void> applied;
  fixture.server.swap_policy(fixture.policy(2), [&applied] { applied.set_value(); });
  QVERIFY(applied.get_future().wait_for(Seconds(20)) == std::future_status::ready);
  QVERIFY(pop->line().starts_with("-ERR"));
  QCOMPARE(pop->line(), std::string("<closed>"));
}

void ServerTest::a_tick_that_is_due_does_not_keep_it_from_stopping() {
  Fixture fixture;
  std::promise<void> held;
  // The thread is held over its next tick, which is then due when the end comes.
  fixture.server.swap_policy(fixture.policy(1), [&held] {
    held.set_value();
    std::this_thread::sleep_for(Millis(1500));
  });
  held.get_future().wait();
  fixture.server.stop(Seconds(0));
  QCOMPARE(fixture.server.open_sessions(), size_t{0});
}

void ServerTest::half_a_command_gains_no_time() {
  Fixture fixture(Seconds(2));
  TcpClient client(fixture.server.smtp_endpoint());
  client.reply();
  const auto began = std::chrono::steady_clock::now();
  // An octet now and then is no command: the time from the banner on counts.
  std::atomic<bool> over{false};
  std::thread writer([&client, &over] {
    while (!over && client.send("N")) std::this_thread::sleep_for(Millis(300));
  });
  QVERIFY(client.reply().starts_with("421"));
  over = true;
  writer.join();
  QVERIFY(std::chrono::steady_clock::now() - began < Seconds(10));
}

void ServerTest::the_last_reply_arrives_over_unread_input() {
  Fixture fixture;
  TcpClient client(fixture.server.smtp_endpoint());
  client.reply();
  std::string flood;
  for (int i = 0; i < 3000; ++i) flood += "HELP\r\n";
  std::thread writer([&client, &flood] { client.send(flood + "QUIT\r\n" + std::string(200'000, 'x')); });
  std::string line;
  int helps = 0;
  while ((line = client.line()) != "<closed>" && line != "<timeout>" && !line.starts_with("221"))
    if (line.starts_with("214")) ++helps;
  writer.join();
  QVERIFY2(line.starts_with("221"), line.c_str());
  QVERIFY(helps >= 3000);
}

void ServerTest::kill_ends_one_session() {
  Fixture fixture;
  TcpClient first(fixture.server.smtp_endpoint()), second(fixture.server.smtp_endpoint());
  first.reply();
  second.reply();
  std::promise<std::vector<std::shared_ptr<const Trace>>> listed;
  fixture.server.live_sessions(
      [&listed](std::vector<std::shared_ptr<const Trace>> sessions) { listed.set_value(std::move(sessions)); });
  const auto sessions = listed.get_future().get();
  QCOMPARE(sessions.size(), size_t{2});
  std::promise<bool> killed;
  fixture.server.kill(sessions[0]->session(), "ended by an administrator",
                      [&killed](bool found) { killed.set_value(found); });
  QVERIFY(killed.get_future().get());
  std::promise<bool> unknown;
  fixture.server.kill(999, "x", [&unknown](bool found) { unknown.set_value(found); });
  QVERIFY(!unknown.get_future().get());
  const auto trace = fixture.host.closed(0);
  QVERIFY(trace != nullptr);
  QCOMPARE(trace->session(), sessions[0]->session());
}

void ServerTest::port_in_use_names_the_holder() {
  Fixture fixture;
  net::Server other(fixture.host, {fixture.server.smtp_endpoint(), *Endpoint::parse("127.0.0.1:0"), 1});
  const auto bound = other.bind();
  QVERIFY(!bound.has_value());
  QVERIFY(bound.error().code == ErrorCode::port_in_use);
  QVERIFY(bound.error().args.at(1).find("pid") != std::string::npos);
}

void ServerTest::stop_says_421_and_lets_a_message_finish() {
  Fixture fixture;
  TcpClient idle(fixture.server.smtp_endpoint()), busy(fixture.server.smtp_endpoint());
  idle.reply();
  busy.reply();
  busy.command("EHLO client.example.com");
  busy.command("MAIL FROM:<bob@example.com>");
  busy.command("RCPT TO:<alice@example.org>");
  QVERIFY(busy.command("DATA").starts_with("354"));
  std::thread stopper([&fixture] { fixture.server.stop(Seconds(20)); });
  QVERIFY(idle.line().starts_with("421 "));
  busy.send("Subject: last\r\n\r\none more\r\n.\r\n");
  QVERIFY(busy.reply().starts_with("250"));
  QVERIFY(busy.line().starts_with("421 "));
  busy.close();
  idle.close();
  stopper.join();
  QCOMPARE(fixture.host.store_.messages(kAlice).size(), size_t{1});
}

void ServerTest::vanished_client_leaves_a_trace() {
  Fixture fixture;
  {
    TcpClient client(fixture.server.smtp_endpoint());
    client.reply();
    client.command("EHLO client.example.com");
  }
  const auto trace = fixture.host.closed(0);
  QVERIFY(trace != nullptr);
  QCOMPARE(trace->helo(), std::string("client.example.com"));
  QVERIFY(trace->ended() >= trace->began());
}

void ServerTest::plain_text_behind_stls_is_not_executed() {
  Fixture fixture;
  TcpClient plain(fixture.server.smtp_endpoint());
  plain.reply();
  plain.command("EHLO client.example.com");
  plain.send("STARTTLS\r\nMAIL FROM:<injected@example.com>\r\n");
  QVERIFY(plain.reply().starts_with("220"));
  SecureClient secure(plain, fixture.authority);
  QVERIFY(secure.handshake());
  QVERIFY(secure.command("NOOP").starts_with("250"));
  // Only NOOP was answered: the next answer is that of the next command.
  QVERIFY(secure.command("RCPT TO:<alice@example.org>").starts_with("503"));
}

QTEST_APPLESS_MAIN(ServerTest)
#include "server_test.moc"
