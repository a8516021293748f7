#include "adapters/net/port_holder.h"

#include <winsock2.h>
// windows.h wants winsock2.h before it.
#include <iphlpapi.h>
#include <psapi.h>
#include <windows.h>

#include <array>
#include <vector>

namespace postern::net {
namespace {

/// The process that listens on the port, 0 when none does.
template <class Table>
DWORD listening_process(ULONG family, uint16_t port) {
  DWORD size = 0;
  GetExtendedTcpTable(nullptr, &size, FALSE, family, TCP_TABLE_OWNER_PID_LISTENER, 0);
  std::vector<unsigned char> memory(size);
  if (GetExtendedTcpTable(memory.data(), &size, FALSE, family, TCP_TABLE_OWNER_PID_LISTENER, 0) != NO_ERROR) return 0;
  const auto* table = reinterpret_cast<const Table*>(memory.data());
  for (DWORD i = 0; i < table->dwNumEntries; ++i)
    if (ntohs(static_cast<u_short>(table->table[i].dwLocalPort)) == port) return table->table[i].dwOwningPid;
  return 0;
}

std::string process_name(DWORD id) {
  const HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
  if (process == nullptr) return "process";
  std::array<char, MAX_PATH> name{};
  const DWORD length = GetProcessImageFileNameA(process, name.data(), static_cast<DWORD>(name.size()));
  CloseHandle(process);
  const std::string path(name.data(), length);
  return path.substr(path.rfind('\\') + 1);
}

}  // namespace

std::string port_holder(const Endpoint& endpoint) {
  DWORD id = listening_process<MIB_TCPTABLE_OWNER_PID>(AF_INET, endpoint.port);
  if (id == 0) id = listening_process<MIB_TCP6TABLE_OWNER_PID>(AF_INET6, endpoint.port);
  return id == 0 ? std::string() : process_name(id) + " (pid " + std::to_string(id) + ")";
}

// Sockets are not counted against a limit of the process.
size_t raise_socket_limit() {
  return 1 << 20;
}

}  // namespace postern::net
