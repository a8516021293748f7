// What the load generator is asked to do: `postern_load MODE name=value ...`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace load {

struct Options {
  enum class Mode : uint8_t { smtp, retr, login, idle };
  Mode mode = Mode::smtp;
  std::string host = "127.0.0.1";
  uint16_t port = 25;
  uint32_t sessions = 1;       ///< at the same time
  uint64_t count = 100;        ///< messages, logins or connections in all
  uint64_t size = 10240;       ///< octets of a message
  bool tls = false;            ///< STARTTLS or STLS
  bool tls12 = false;          ///< at most TLS 1.2, else the newest both know
  bool keep_alive = false;     ///< smtp: many messages a connection
  uint64_t per_session = 900;  ///< ... at most so many
  std::string from = "user@bench.test";
  std::string to = "user@bench.test";
  std::string user = "user@bench.test";
  std::string password = "secret";
  uint32_t users = 0;  ///< 0 = `user`; else session i logs in as user<first_user + i % users>@bench.test
  uint32_t first_user = 0;
  bool authenticate = false;  ///< idle: log in (POP3)
  bool pop3 = false;          ///< idle: POP3 instead of SMTP
  uint32_t messages = 0;      ///< retr: messages fetched a session, 0 = all there are
  uint32_t sources = 1;       ///< connect from so many addresses, 127.0.0.2 on; 1 = no bind
  uint32_t time_limit = 120;  ///< seconds
  uint64_t first = 1;         ///< number of the first message; in its subject
  std::string acknowledged;   ///< smtp: file to append the numbers of acknowledged messages to, flushed one by one
};

/// Throws std::invalid_argument with a sentence.
Options parse_options(const std::vector<std::string>& words);

}  // namespace load
