#!/usr/bin/env python3
"""Compiles for Windows, syntax only: core without store, resolver and http, and the command line.

mingw_syntax.py --build DIR [--root DIR] [--jobs N] [--compiler NAME]
Files below */posix/ are left out, those below */windows/ are in. DIR keeps the headers of the packages that are headers
only, apart from those of this system, and one stamp a file: what did not change since is not compiled again.
"""
import argparse
import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys

LEFT_OUT = ("core/adapters/store/", "core/adapters/resolver/", "core/adapters/http/")
ROOTS = ("core", "app")
# Folders and headers below /usr/include that do not depend on this system, or come from its own folder (OpenSSL).
PACKAGES = ("nlohmann", "tl", "fmt", "asio", "asio.hpp", "CLI", "openssl", "argon2.h")
SYSTEM_PACKAGES = ("openssl",)
WINDOWS_10 = "0x0A00"
FLAGS = ("-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-error=unknown-pragmas", "-DASIO_STANDALONE", "-DASIO_NO_DEPRECATED",
         "-DASIO_DISABLE_STD_ALIGNED_ALLOC", f"-D_WIN32_WINNT={WINDOWS_10}", '-DPOSTERN_VERSION="0"',
         "-Icore", "-Icore/api", "-Iapp")


def sources(root):
    for top in ROOTS:
        for folder, below, names in os.walk(os.path.join(root, top)):
            below[:] = sorted(name for name in below if name != "posix")
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
                if path.endswith(".cpp") and not path.startswith(LEFT_OUT):
                    yield path


def private_headers(build):
    """A folder with links to just the packages, so that no header of this system's C library is found."""
    include = os.path.join(build, "include")
    system = os.path.join(build, "include-system")
    triple = subprocess.run(["g++", "-print-multiarch"], capture_output=True, text=True, check=True).stdout.strip()
    os.makedirs(include, exist_ok=True)
    os.makedirs(system, exist_ok=True)
    for name in PACKAGES:
        _link(os.path.join("/usr/include", name), os.path.join(include, name))
    for name in SYSTEM_PACKAGES:
        _link(os.path.join("/usr/include", triple, name), os.path.join(system, name))
    return include, system


def _link(source, link):
    if not os.path.lexists(link) and os.path.exists(source):
        os.symlink(source, link)


def _fresh(stamp):
    """True when everything the stamp lists is older than the stamp."""
    try:
        made = os.stat(stamp).st_mtime_ns
        with open(stamp, encoding="utf-8") as file:
            return all(os.stat(path).st_mtime_ns < made for path in file.read().split("\n") if path)
    except OSError:
        return False


def compile_one(root, build, command, path):
    """None when it compiles, else what the compiler says."""
    key = hashlib.sha256("\0".join(command + [path]).encode()).hexdigest()[:32]
    stamp, depends = (os.path.join(build, "stamps", key + ending) for ending in ("", ".d"))
    if _fresh(stamp):
        return None
    done = subprocess.run(command + ["-MMD", "-MF", depends, path], cwd=root, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        return done.stderr
    with open(depends, encoding="utf-8") as file:
        used = re.split(r"\\\n|\s+", file.read().split(":", 1)[1])
    with open(stamp, "w", encoding="utf-8") as file:
        file.write("\n".join(os.path.join(root, name) for name in used if name))
    os.remove(depends)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--compiler", default="x86_64-w64-mingw32-g++-posix")
    options = parser.parse_args()
    root, build = os.path.abspath(options.root), os.path.abspath(options.build)
    os.makedirs(os.path.join(build, "stamps"), exist_ok=True)
    include, system = private_headers(build)
    command = [options.compiler, *FLAGS, "-isystem", include, "-isystem", system]
    paths = list(sources(root))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        said = list(pool.map(lambda path: compile_one(root, build, command, path), paths))
    failed = [(path, text) for path, text in zip(paths, said) if text is not None]
    for path, text in failed:
        print(f"{path}: does not compile for Windows\n" + "\n".join(text.split("\n")[:15]))
    print(f"{len(paths)} files, {len(failed)} failed")
    return 1 if failed or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
