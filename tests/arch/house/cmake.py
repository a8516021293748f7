"""The build files: core comes before Qt is looked for, and says the layers the house plan says."""
import re

from .layers import LAYERS
from .source import Violation, line_of


def _plain(text):
    return re.sub(r"#[^\n]*", lambda found: " " * len(found.group()), text)


def check(tree):
    if "CMakeLists.txt" in tree.paths:
        yield from _order(_plain(tree.source("CMakeLists.txt").text))
    for path in tree.paths:
        if path.startswith("core/") and path.endswith(("CMakeLists.txt", ".cmake")):
            yield from _core_file(path, _plain(tree.source(path).text))


def _order(text):
    core = re.search(r"add_subdirectory\s*\(\s*core\b", text)
    for found in re.finditer(r"find_package\s*\(\s*Qt\d|add_subdirectory\s*\(\s*(ui|app|tests)\b", text):
        if core is None or found.start() < core.start():
            yield Violation("cmake", "CMakeLists.txt", line_of(text, found.start()), "order", "core has to come before Qt and what uses it")


def _core_file(path, text):
    if path != "core/layers.cmake":
        for found in re.finditer(r"\bQt\d(::\w+)?|\bQt6|\bAUTOMOC\b", text):
            yield Violation("cmake", path, line_of(text, found.start()), found.group(), f"{found.group()}: nothing in core knows Qt")
    folder = path[len("core/"):-len("/CMakeLists.txt")]
    for found in re.finditer(r"postern_core_library\s*\(\s*NAME\s+(\w+)\s+LAYER\s+(\d+)", text):
        if LAYERS.get(folder) != int(found.group(2)):
            yield Violation("cmake", path, line_of(text, found.start()), found.group(1),
                            f"{folder} says layer {found.group(2)}, the house plan {LAYERS.get(folder)}")
