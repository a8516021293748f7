#include "adapters/net/port_holder.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace postern::net {
namespace {

constexpr const char* kListening = "0A";

/// The inodes of sockets that listen on the port, from one of the kernel's tables.
void add_listening(const char* table, uint16_t port, std::set<std::string>& inodes) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);
  const std::string wanted = fmt::format(":{:04X}", port);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
    if (state == kListening && local.ends_with(wanted)) inodes.insert("socket:[" + inode + "]");
  }
}

bool holds(const std::string& pid, const std::set<std::string>& inodes) {
  const std::string folder = "/proc/" + pid + "/fd";
  DIR* handles = opendir(folder.c_str());
  if (handles == nullptr) return false;
  bool found = false;
  while (const dirent* entry = readdir(handles)) {
    std::array<char, 64> target{};
    const ssize_t length = readlink((folder + "/" + entry->d_name).c_str(), target.data(), target.size() - 1);
    if (length > 0 && inodes.contains(std::string(target.data(), static_cast<size_t>(length)))) found = true;
  }
  closedir(handles);
  return found;
}

}  // namespace

std::string port_holder(const Endpoint& endpoint) {
  std::set<std::string> inodes;
  add_listening("/proc/net/tcp", endpoint.port, inodes);
  add_listening("/proc/net/tcp6", endpoint.port, inodes);
  if (inodes.empty()) return {};
  DIR* processes = opendir("/proc");
  if (processes == nullptr) return {};
  std::string found;
  while (const dirent* entry = readdir(processes)) {
    const std::string pid = entry->d_name;
    if (pid.find_first_not_of("0123456789") != std::string::npos || !holds(pid, inodes)) continue;
    std::ifstream name("/proc/" + pid + "/comm");
    std::string command;
    std::getline(name, command);
    found = fmt::format("{} (pid {})", command, pid);
    break;
  }
  closedir(processes);
  return found;
}

size_t raise_socket_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<size_t>(limit.rlim_cur);
}

}  // namespace postern::net
