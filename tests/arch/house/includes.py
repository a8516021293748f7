"""Who may include the headers of which library, and of which system."""
import re

from .source import Violation

TESTS = "tests/"
# (what, pattern of the header, folders that may; "*.cpp" at the end: only sources, no headers)
LIBRARIES = (
    ("Qt", r"Q[A-Z]\w*$|Q\w+/|q[a-z]+\.h$", ("ui/", "app/console/", TESTS)),
    ("asio", r"asio(/|\.hpp)", ("core/adapters/net/", "core/adapters/resolver/", "core/adapters/control/",
                                "core/service/", TESTS)),
    ("asio's TLS", r"asio/ssl(/|\.hpp)", ()),
    ("Boost", r"boost/", ()),
    ("OpenSSL", r"openssl/", ("core/crypto/", TESTS)),
    ("Argon2", r"argon2\.h", ("core/crypto/", TESTS)),
    ("SQLite", r"sqlite3(ext)?\.h", ("core/adapters/store/", TESTS)),
    ("curl", r"curl/", ("core/adapters/http/",)),
    ("QCustomPlot", r"qcustomplot\.h", ("ui/charts/",)),
    ("spdlog", r"spdlog/", ("core/base/",)),
    ("fmt", r"fmt/", ("core/*.cpp", "app/*.cpp", TESTS)),
    ("nlohmann", r"nlohmann/", ("core/", "app/", "ui/bridge/", TESTS)),
    ("Expected", r"tl/", ("core/base/expected.h", "core/api/")),
    ("CLI11", r"CLI/", ("app/",)),
    ("GoogleTest", r"g(test|mock)/", ()),
    ("Google Benchmark", r"benchmark/", ("tests/bench/",)),
    # GCC 12 has no <format> and <expected>, clang 14 fails on <ranges>; std::regex is neither bounded nor fast.
    ("what the compilers or the house leave out", r"(format|expected|ranges|regex)$", ("ui/", TESTS)),
)
POSIX = re.compile(
    r"(unistd|fcntl|pwd|grp|dirent|poll|termios|signal|pthread|netdb|spawn|syslog|dlfcn|semaphore|sched|glob|fnmatch|"
    r"regex|strings|utime|pty|ifaddrs|paths|sysexits|libgen|ftw|wait|aio|mqueue|iconv|langinfo|nl_types|ucontext|"
    r"endian|byteswap|execinfo|err|error|features|alloca|malloc)\.h$|(sys|netinet|arpa|net|linux|bits|asm)/")
POSIX_FOLDERS = re.compile(r"core/adapters/[^/]+/posix/|tests/")
WINDOWS = re.compile(
    r"(windows|winsock2?|ws2tcpip|ws2def|iphlpapi|psapi|aclapi|sddl|shlobj|wincrypt|dpapi|io|conio|direct|process|tlhelp32|winternl|winioctl|netioapi|"
    r"tcpmib|lmcons|userenv|winsvc|versionhelpers|mswsock)\.h$", re.IGNORECASE)
WINDOWS_FOLDERS = re.compile(r"(core/adapters|app)/[^/]+/windows/|tests/")


def _may(path, folders):
    for folder in folders:
        if folder.endswith("*.cpp"):
            if path.startswith(folder[:-len("*.cpp")]) and path.endswith(".cpp"):
                return True
        elif path.startswith(folder):
            return True
    return False


def check(tree):
    for source in tree.code():
        for line, name, quoted in source.includes():
            for what, pattern, folders in LIBRARIES:
                if not (quoted and what == "Qt") and re.match(pattern, name) and not _may(source.path, folders):
                    yield Violation("include", source.path, line, name, f"<{name}> ({what}) may not be included here")
            if POSIX.match(name) and not POSIX_FOLDERS.match(source.path):
                yield Violation("posix", source.path, line, name, f"<{name}>: POSIX headers stand under core/adapters/*/posix")
            if WINDOWS.match(name) and not WINDOWS_FOLDERS.match(source.path):
                yield Violation("windows", source.path, line, name, f"<{name}>: headers of Windows stand under */windows")
