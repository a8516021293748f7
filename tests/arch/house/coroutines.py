"""Traps of coroutines: forms that GCC 12 compiles wrongly, or that lose what a coroutine throws."""
import re

from .source import Violation, line_of

HELPERS = ("core/adapters/net/spawn.cpp",)  # the one place that lets a coroutine go; it logs what was thrown
CAPTURES = re.compile(r"(?<![\w\])])\s*\[\s*[^\[\]\s][^\[\]]*\]\s*(\(|\{|mutable\b)")
ATTRIBUTE = re.compile(r"\[\[.*?\]\]", re.DOTALL)


def _operand(code, start):
    """The text a co_await applies to: up to the end of its full expression."""
    depth = 0
    for i in range(start, len(code)):
        char = code[i]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth < 0:
                return code[start:i]
        elif depth == 0 and char == ";":
            return code[start:i]
    return code[start:]


def _statement(code, at):
    """The text between the statement's ends around `at`, braces of blocks being ends too."""
    begin = max(code.rfind(end, 0, at) for end in ";{}") + 1
    ends = [position for position in (code.find(end, at) for end in ";{}") if position >= 0]
    return begin, code[begin:min(ends) if ends else len(code)]


def _default_argument(before):
    """True when `before`, the text in front of a co_await, ends as a parameter with a default does."""
    if not re.search(r"[\w&*>]\s+[\w]+\s*=\s*$", before):
        return False
    depth = 0
    for i in range(len(before) - 1, -1, -1):
        if before[i] == ")":
            depth += 1
        elif before[i] == "(":
            depth -= 1
            if depth < 0:
                return not re.search(r"\b(if|for|while|switch)\s*(constexpr\s*)?$", before[:i])
    return False


def check(tree):
    for source in tree.code():
        code = ATTRIBUTE.sub(lambda found: " " * len(found.group()), source.code)
        yield from _awaits(source, code)
        if source.path not in HELPERS:
            for found in re.finditer(r"\bdetached(_t)?\b", code):
                yield Violation("coroutine", source.path, line_of(code, found.start()), "detached",
                                f"detached stands in {HELPERS[0]} only: what a coroutine throws would be lost")
    yield from _spawned(tree)


def _awaits(source, code):
    for found in re.finditer(r"\bco_await\b", code):
        line = line_of(code, found.start())
        if CAPTURES.search(_operand(code, found.end())):
            yield Violation("coroutine", source.path, line, "lambda", "a capturing lambda inside a co_await expression is destroyed twice")
        begin, statement = _statement(code, found.start())
        if "?" in statement:
            yield Violation("coroutine", source.path, line, "conditional", "co_await inside a conditional operator")
        if _default_argument(code[begin:found.start()]):
            yield Violation("coroutine", source.path, line, "default", "co_await inside a default argument")


def _spawned(tree):
    """A coroutine that is let go outlives the caller's variables: no parameter may be a reference."""
    for source in tree.code("core/", "app/"):
        names = re.findall(r"\b(?:co_)?spawn\s*\([^;]*?,\s*(?:this->)?(\w+)\s*\(", source.code)
        for name in sorted(set(names)):
            for found in re.finditer(rf"\bawaitable<[^;{{}}]*?>\s+(?:\w+::)*{name}\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)", source.code):
                if "&" in found.group(1):
                    yield Violation("coroutine", source.path, line_of(source.code, found.start()), name,
                                    f"{name} is spawned and takes a reference")
