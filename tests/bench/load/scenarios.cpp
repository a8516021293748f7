#include "load/scenarios.h"

#include <chrono>
#include <stdexcept>

namespace load {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kLineLength = 78;

uint32_t micros_since(Clock::time_point begin) {
  return static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count());
}

std::string make_body(uint64_t size) {
  std::string out;
  while (out.size() + kLineLength + 2 <= size) out += std::string(kLineLength, 'X') + "\r\n";
  if (size > out.size() + 2) out += std::string(size - out.size() - 2, 'Y') + "\r\n";
  return out;
}

asio::awaitable<void> greet_smtp(Run* run, Client* client) {
  co_await client->smtp_reply('2', "greeting");
  co_await client->smtp("EHLO client.bench.test", '2', "EHLO");
  if (!run->options.tls) co_return;
  co_await client->smtp("STARTTLS", '2', "STARTTLS");
  co_await client->start_tls();
  run->report.tls = client->tls_version();
  co_await client->smtp("EHLO client.bench.test", '2', "EHLO inside TLS");
}

asio::awaitable<void> greet_pop3(Run* run, Client* client) {
  co_await client->pop3_reply("greeting");
  if (!run->options.tls) co_return;
  co_await client->pop3("STLS", "STLS");
  co_await client->start_tls();
  run->report.tls = client->tls_version();
}

asio::awaitable<void> log_in(Run* run, Client* client, uint32_t index) {
  const Options& options = run->options;
  std::string user = options.user;
  // A mailbox is open in one session at a time.
  if (options.users > 0) user = "user" + std::to_string(options.first_user + index % options.users) + "@bench.test";
  co_await client->pop3("USER " + user, "USER");
  co_await client->pop3("PASS " + run->options.password, "PASS");
}

asio::awaitable<void> send_message(Run* run, Client* client, uint64_t number) {
  co_await client->smtp("MAIL FROM:<" + run->options.from + ">", '2', "MAIL");
  co_await client->smtp("RCPT TO:<" + run->options.to + ">", '2', "RCPT");
  co_await client->smtp("DATA", '3', "DATA");
  const std::string text = message(*run, number) + ".\r\n";
  co_await client->send(text);
  const auto begin = Clock::now();
  co_await client->smtp_reply('2', "end of data");
  run->report.micros.push_back(micros_since(begin));
  run->report.octets += text.size();
  ++run->report.done;
  if (run->acknowledged == nullptr) co_return;
  std::fprintf(run->acknowledged, "%llu\n", static_cast<unsigned long long>(number));
  std::fflush(run->acknowledged);
}

asio::awaitable<void> smtp_connection(Run* run, Client* client, uint64_t number) {
  co_await greet_smtp(run, client);
  uint64_t sent = 1;
  co_await send_message(run, client, run->options.first + number);
  while (run->options.keep_alive && sent++ < run->options.per_session && run->more()) {
    number = run->started++;
    co_await send_message(run, client, run->options.first + number);
  }
  co_await client->smtp("QUIT", '2', "QUIT");
}

uint32_t count_of(const std::string& stat) {
  // "+OK 1000 10240000"
  return stat.size() > 4 ? static_cast<uint32_t>(std::stoul(stat.substr(4))) : 0;
}

asio::awaitable<void> retr_connection(Run* run, Client* client, uint32_t index) {
  co_await greet_pop3(run, client);
  co_await log_in(run, client, index);
  const std::string stat = co_await client->pop3("STAT", "STAT");
  const uint32_t there = count_of(stat);
  const uint32_t wanted = run->options.messages == 0 ? there : run->options.messages;
  if (wanted > there) throw Refused("STAT: fewer messages than asked for");
  for (uint32_t number = 1; number <= wanted && run->more(); ++number) {
    ++run->started;
    const auto begin = Clock::now();
    co_await client->pop3("RETR " + std::to_string(number), "RETR");
    run->report.octets += co_await client->body();
    run->report.micros.push_back(micros_since(begin));
    ++run->report.done;
  }
  co_await client->pop3("QUIT", "QUIT");
}

asio::awaitable<void> login_connection(Run* run, Client* client, uint32_t index, Clock::time_point begin) {
  co_await greet_pop3(run, client);
  co_await log_in(run, client, index);
  run->report.micros.push_back(micros_since(begin));
  ++run->report.done;
  co_await client->pop3("QUIT", "QUIT");
}

asio::awaitable<void> idle_connection(Run* run, Client* client, uint32_t index) {
  if (run->options.pop3) {
    co_await greet_pop3(run, client);
    if (run->options.authenticate) {
      co_await log_in(run, client, index);
      co_await client->pop3("NOOP", "NOOP");
    }
  } else {
    co_await greet_smtp(run, client);
    co_await client->smtp("NOOP", '2', "NOOP");
  }
  client->rest();
  ++run->report.done;
}

/// `number`: of this connection's first message, login or idle connection.
asio::awaitable<void> connection(Run* run, Client* client, uint32_t index, uint64_t number) {
  const auto begin = Clock::now();
  co_await client->connect(run->options, run->source());
  ++run->report.connections;
  switch (run->options.mode) {
    case Options::Mode::smtp:
      co_await smtp_connection(run, client, number);
      break;
    case Options::Mode::retr:
      co_await retr_connection(run, client, index);
      break;
    case Options::Mode::login:
      co_await login_connection(run, client, index, begin);
      break;
    case Options::Mode::idle:
      co_await idle_connection(run, client, static_cast<uint32_t>(number));
      break;
  }
}

}  // namespace

Run::Run(asio::io_context& context, const Options& asked)
    : io(context), options(asked), tls(asked), body(make_body(asked.size)) {
  report.micros.reserve(static_cast<size_t>(options.count));
  if (options.acknowledged.empty()) return;
  acknowledged = std::fopen(options.acknowledged.c_str(), "a");
  if (acknowledged == nullptr) throw std::invalid_argument("cannot write " + options.acknowledged);
}

Run::~Run() {
  if (acknowledged != nullptr) std::fclose(acknowledged);
}

uint32_t Run::source() {
  return options.sources <= 1 ? 0 : 1 + next_source++ % options.sources;
}

std::string message(const Run& run, uint64_t number) {
  return "From: <" + run.options.from + ">\r\nTo: <" + run.options.to + ">\r\nSubject: bench " +
         std::to_string(number) + "\r\nMessage-ID: <" + std::to_string(number) + "@client.bench.test>\r\n\r\n" +
         run.body;
}

asio::awaitable<void> session(Run* run, uint32_t index) {
  while (run->more()) {
    auto client = std::make_unique<Client>(run->io, run->tls);
    // Taken before the connection is made, so that the last one is not taken twice; retr counts message by message.
    uint64_t number = run->started;
    if (run->options.mode != Options::Mode::retr) ++run->started;
    try {
      co_await connection(run, client.get(), index, number);
      if (run->options.mode == Options::Mode::idle) run->held.push_back(std::move(client));
    } catch (const std::exception& problem) {
      run->report.error(problem.what());
    }
  }
}

}  // namespace load
