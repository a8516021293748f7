"""Names and sizes: C++ is .cpp and .h; a file has at most 700 lines, a function 70; from 400 and 50 on it is told."""
import re

from .functions import functions
from .source import OTHER_ENDINGS, Violation

FILE_HARD, FILE_TOLD = 700, 400
FUNCTION_HARD, FUNCTION_TOLD = 70, 50
SIZED = re.compile(r"(\.(cpp|h|py|sh|cmake)|CMakeLists\.txt)$")


def check(tree):
    for path in tree.paths:
        if path.endswith(OTHER_ENDINGS):
            yield Violation("file-name", path, 1, path, "C++ stands in .cpp and .h, where the rules look")
        if not SIZED.search(path):
            continue
        source = tree.source(path)
        if path.endswith(".h") and "#pragma once" not in source.bare:
            yield Violation("file-name", path, 1, "once", "a header without #pragma once")
        if source.lines > FILE_HARD:
            yield Violation("file-size", path, source.lines, path, f"{source.lines} lines, at most {FILE_HARD}")
    for source in tree.code():
        for function in functions(source.code):
            if function.length > FUNCTION_HARD:
                yield Violation("function-size", source.path, function.first, function.name,
                                f"{function.name} has {function.length} lines, at most {FUNCTION_HARD}")


def told(tree):
    """What is big but allowed, biggest first: (length, text)."""
    for source in tree.code():
        if FILE_TOLD < source.lines <= FILE_HARD:
            yield source.lines, f"{source.path}: {source.lines} lines"
        for function in functions(source.code):
            if FUNCTION_TOLD < function.length <= FUNCTION_HARD:
                yield function.length, f"{source.path}:{function.first}: {function.name} has {function.length} lines"
