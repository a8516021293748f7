// Deliveries into the message store without a network: rate, CPU seconds per 1000, latency, and the sync rate of the
// same disk in the same run. One line a row.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <map>
#include <string>
#include <thread>

#include "adapters/platform/files.h"
#include "adapters/store/mail_store.h"
#include "crypto/random.h"

using namespace postern;
using Time = std::chrono::steady_clock;

namespace {

struct Options {
  std::string folder = "store_bench.data";
  size_t octets = 10'000;
  unsigned submitters = 50;
  unsigned threads = 2;
  double seconds = 5;
  int page_size = 0;
  bool deletions = false;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double since(Time::time_point begin) {
  return std::chrono::duration<double>(Time::now() - begin).count();
}

std::shared_ptr<const crypto::KeyRing> fresh_keys() {
  crypto::AeadKey kek{};
  crypto::random_bytes(kek);
  return *crypto::KeyRing::open(kek, {crypto::make_data_key(kek, 1, 0)}, "bench");
}

/// Appends of 10 KB, each followed by a sync.
double sync_rate(const std::string& folder, double seconds) {
  auto& files = platform::real_files();
  const std::string path = folder + "/sync_rate";
  auto file = files.create(path);
  if (!file) return 0;
  const Bytes block(10'000, 'x');
  const auto begin = Time::now();
  int count = 0;
  for (; since(begin) < seconds; ++count)
    if (!(*file)->write(block) || !(*file)->sync()) return 0;
  const double rate = count / since(begin);
  static_cast<void>(files.remove(path));
  return rate;
}

/// Stands for an I/O thread: performs what other threads post to it.
class Loop {
 public:
  void post(std::function<void()> work) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(work));
    }
    ready_.notify_one();
  }
  void run(const std::function<bool()>& finished) {
    std::vector<std::function<void()>> batch;
    while (!finished()) {
      {
        std::unique_lock lock(mutex_);
        ready_.wait_for(lock, std::chrono::milliseconds(50), [this] { return !queue_.empty(); });
        batch.swap(queue_);
      }
      for (auto& work : batch) work();
      batch.clear();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<std::function<void()>> queue_;
};

/// Some sessions that send one message after the other, on one loop.
class Submitters {
 public:
  Submitters(store::MailStore& store, const Options& options, unsigned count, unsigned first)
      : store_(store), options_(options), count_(count), first_(first), content_(options.octets) {
    crypto::random_bytes(content_);
  }
  void run() {
    begin_ = Time::now();
    for (unsigned i = 0; i < count_; ++i) next(first_ + i);
    loop_.run([this] { return open_ == 0; });
  }
  std::vector<double> latencies;
  size_t failed = 0;

 private:
  struct Session {
    std::unique_ptr<mail::Draft> draft;
    size_t given = 0;
    Time::time_point end_of_data;
    unsigned account = 0;
  };
  void next(unsigned account) {
    if (since(begin_) > options_.seconds) return;
    ++open_;
    auto session = std::make_shared<Session>();
    session->draft = store_.begin();
    session->account = account;
    feed(session);
  }
  void feed(const std::shared_ptr<Session>& session) {
    constexpr size_t kRead = 16 * 1024;
    while (session->given < content_.size()) {
      const auto part =
          BytesView(content_).subspan(session->given).first(std::min(kRead, content_.size() - session->given));
      session->draft->append(part);
      session->given += part.size();
      if (!session->draft->wants_flush()) continue;
      session->draft->flush([this, session](Expected<void> done) {
        loop_.post([this, session, good = done.has_value()] {
          if (!good) ++failed;
          feed(session);
        });
      });
      return;
    }
    commit(session);
  }
  void commit(const std::shared_ptr<Session>& session) {
    session->end_of_data = Time::now();
    mail::Delivery delivery;
    delivery.mailboxes = {session->account};
    session->draft->commit(std::move(delivery), [this, session](Expected<uint64_t> done) {
      loop_.post([this, session, good = done.has_value()] {
        if (!good) ++failed;
        latencies.push_back(since(session->end_of_data) * 1000);
        --open_;
        next(session->account);
      });
    });
  }

  store::MailStore& store_;
  const Options& options_;
  unsigned count_, first_;
  Bytes content_;
  Loop loop_;
  Time::time_point begin_;
  unsigned open_ = 0;
};

void print_row(const Options& options, store::MailStore& store, std::vector<std::unique_ptr<Submitters>>& loops,
               double took, double cpu) {
  std::vector<double> all;
  size_t failed = 0;
  for (auto& loop : loops) {
    all.insert(all.end(), loop->latencies.begin(), loop->latencies.end());
    failed += loop->failed;
  }
  std::sort(all.begin(), all.end());
  const auto at = [&all](double share) {
    return all.empty() ? 0.0 : all[static_cast<size_t>(share * static_cast<double>(all.size() - 1))];
  };
  const auto count = static_cast<double>(all.size());
  const auto status = store.status();
  std::printf(
      "%zu octets, %u submitters: %.0f/s  cpu %.3f s/1000  p50 %.1f p99 %.1f max %.1f ms  batch %.1f  failed %zu\n",
      options.octets, options.submitters, count / took, cpu / count * 1000, at(0.5), at(0.99), at(1),
      static_cast<double>(status->writer.work) / static_cast<double>(std::max<uint64_t>(1, status->writer.commits)),
      failed);
}

int deliver(const Options& options) {
  store::MailStoreOptions how;
  how.folder = options.folder;
  how.files = &platform::real_files();
  auto store = store::MailStore::open(fresh_keys(), how);
  if (!store) return std::fprintf(stderr, "cannot open: %s\n", std::string(error_name(store.error().code)).c_str()), 1;
  std::vector<std::unique_ptr<Submitters>> loops;
  const unsigned threads = std::min(options.threads, options.submitters);
  for (unsigned i = 0; i < threads; ++i) {
    const unsigned count = options.submitters / threads + (i < options.submitters % threads ? 1 : 0);
    loops.push_back(std::make_unique<Submitters>(**store, options, count, 1 + i * 1000));
  }
  const double cpu = cpu_seconds();
  const auto begin = Time::now();
  std::vector<std::thread> running;
  for (auto& loop : loops) running.emplace_back([&loop] { loop->run(); });
  for (auto& thread : running) thread.join();
  print_row(options, **store, loops, since(begin), cpu_seconds() - cpu);
  return 0;
}

Options parse(int count, char** words) {
  Options out;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = words[i], value = words[i + 1];
    if (name == "--folder") out.folder = value;
    if (name == "--octets") out.octets = std::stoul(value);
    if (name == "--submitters") out.submitters = static_cast<unsigned>(std::stoul(value));
    if (name == "--threads") out.threads = static_cast<unsigned>(std::stoul(value));
    if (name == "--seconds") out.seconds = std::stod(value);
    if (name == "--page-size") out.page_size = std::stoi(value);
  }
  return out;
}

}  // namespace

int main(int count, char** words) {
  if (count % 2 == 0)
    return std::puts(
               "store_bench [--folder F] [--octets N] [--submitters N] [--threads N] [--seconds S] [--page-size N]"),
           2;
  const Options options = parse(count, words);
  std::filesystem::create_directories(options.folder);
  std::printf("syncs %.0f/s\n", sync_rate(options.folder, 2));
  const int code = deliver(options);
  std::filesystem::remove_all(options.folder);
  return code;
}
