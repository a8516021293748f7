#!/usr/bin/env python3
"""Probes of what was linked.

links.py no-qt PROGRAM [MAP]     neither the program nor what it loads, nor the linker's map, names a Qt library
links.py only-api PART API CORE...
                                 the library PART uses nothing of the CORE libraries but what API has or declares
links.py no-path PROGRAM FOLDER  the program does not tell where it was built
"""
import re
import subprocess
import sys

# What core/api/postern declares and a core defines: the facade, its channels.
FACADE = re.compile(r"(vtable for |typeinfo for |typeinfo name for )?postern::api::")
QT = re.compile(r"lib(Qt\d?\w*|QCustomPlot\w*)\.(so|a)[\w.]*")


def _run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def no_qt(program, link_map=None):
    said = _run("ldd", program) + _run("readelf", "-d", program)
    if "NEEDED" not in said:
        return ["the program loads nothing: the probe would see nothing"]
    if link_map:
        with open(link_map, encoding="utf-8", errors="replace") as file:
            loads = [line for line in file if line.startswith("LOAD ")]
        if not loads:
            return [f"{link_map} is no linker's map"]
        said += "".join(loads)
    return [f"{program} is linked with {name}" for name in sorted({found.group() for found in QT.finditer(said)})]


def _symbols(archive, defined):
    """Names in an archive: with `defined` those it has for others, else those it wants."""
    kind = "--defined-only" if defined else "--undefined-only"
    names = set()
    for line in _run("nm", "-C", "--extern-only", "--format=posix", kind, archive).split("\n"):
        found = re.match(r"(.+?) ([A-Za-z])( [0-9a-f]+)*\s*$", line)
        if found and found.group(2) not in "wv":
            names.add(found.group(1))
    return names


def only_api(part, api, *core):
    wanted = _symbols(part, False) - _symbols(part, True)
    if not wanted or not core:
        return ["nothing to probe"]
    wanted -= _symbols(api, True)
    return sorted(f"{part} uses {name} of {archive}" for archive in core for name in wanted & _symbols(archive, True) if not FACADE.match(name))


def no_path(program, folder):
    with open(program, "rb") as file:
        content = file.read()
    if not content.startswith(b"\x7fELF"):
        return [f"{program} is no program"]
    at = content.find(folder.encode() + b"/")
    return [] if at < 0 else [f"{program} names its folder: {content[at:at + 120].split(bytes(1))[0].decode(errors='replace')}"]


def main():
    probes = {"no-qt": no_qt, "only-api": only_api, "no-path": no_path}
    if len(sys.argv) < 3 or sys.argv[1] not in probes:
        sys.exit(__doc__)
    found = probes[sys.argv[1]](*sys.argv[2:])
    print("\n".join(found) or "ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
