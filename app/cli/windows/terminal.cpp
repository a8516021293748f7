#include "cli/terminal.h"

#include <windows.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <string>

namespace postern::cli {
namespace {

constexpr DWORD kPathLimit = 32768;
constexpr DWORD kLineLimit = 4096;

std::string to_utf8(const std::wstring& text) {
  const int size =
      WideCharToMultiByte(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), nullptr, 0, nullptr, nullptr);
  std::string out(static_cast<size_t>(size), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), out.data(), size, nullptr, nullptr);
  return out;
}

std::wstring to_wide(const std::string& text) {
  const int size = MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), nullptr, 0);
  std::wstring out(static_cast<size_t>(size), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), out.data(), size);
  return out;
}

class SystemTerminal final : public Terminal {
 public:
  SystemTerminal() { SetConsoleOutputCP(CP_UTF8); }
  std::istream& in() override { return std::cin; }
  std::ostream& out() override { return std::cout; }
  std::ostream& err() override { return std::cerr; }
  bool can_ask() override {
    DWORD mode = 0;
    return GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode) != 0;
  }
  std::optional<std::string> ask_hidden(const std::string& prompt) override {
    const HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    DWORD mode = 0;
    if (!GetConsoleMode(input, &mode) || !SetConsoleMode(input, mode & ~static_cast<DWORD>(ENABLE_ECHO_INPUT)))
      return std::nullopt;
    std::cerr << prompt << std::flush;
    std::array<wchar_t, kLineLimit> line{};
    DWORD read = 0;
    const bool ok = ReadConsoleW(input, line.data(), kLineLimit, &read, nullptr) != 0;
    SetConsoleMode(input, mode);
    std::cerr << '\n';
    while (read > 0 && (line[read - 1] == L'\n' || line[read - 1] == L'\r')) --read;
    if (!ok) return std::nullopt;
    return to_utf8(std::wstring(line.data(), read));
  }
};

}  // namespace

std::unique_ptr<Terminal> system_terminal() {
  return std::make_unique<SystemTerminal>();
}

std::string own_program() {
  std::wstring path(kPathLimit, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), kPathLimit));
  return to_utf8(path);
}

void run_program(const std::string& path) {
  STARTUPINFOW start{};
  start.cb = sizeof start;
  PROCESS_INFORMATION process{};
  std::wstring command = L"\"" + to_wide(path) + L"\"";
  if (!CreateProcessW(nullptr, command.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &start, &process)) return;
  std::exit(0);
}

}  // namespace postern::cli
