"""Finds the functions of a C++ file by its braces. Works on text whose comments, literals and directives are blank."""
import re

from .source import line_of

ACCESS = re.compile(r"(\s|(public|private|protected)(\s+slots|\s+Q_SLOTS)?\s*:(?!:)|(signals|Q_SIGNALS)\s*:|Q_[A-Z_]+\b(\s*\([^()]*\))?)*")
LAMBDA = re.compile(r"\[[^\[\]]*\]\s*(<[^<>]*>\s*)?(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\s*)?"
                    r"((mutable|constexpr|noexcept|static)\s*(\([^()]*\))?\s*)*(->[\w\s:<>,*&]+)?$")
OPERATOR = re.compile(r"operator\s*(\(\s*\)|\[\s*\]|[^\s\w(]+)")


class Function:
    def __init__(self, name, first, last):
        self.name, self.first, self.last = name, first, last

    @property
    def length(self):
        return self.last - self.first + 1


def _matching(text, start, opener, closer):
    depth = 0
    for i in range(start, len(text)):
        if text[i] == opener:
            depth += 1
        elif text[i] == closer:
            depth -= 1
            if depth == 0:
                return i
    return len(text) - 1


def _without_templates(head):
    """Removes template<...> lists: their `class` and `=` say nothing about the declaration."""
    while True:
        found = re.search(r"\btemplate\s*<", head)
        if not found:
            return head
        end = _matching(head, found.end() - 1, "<", ">")
        head = head[:found.start()] + head[end + 1:]


def _top_level(head):
    """The head without what stands in its parentheses and braces."""
    out, depth = [], 0
    for char in head:
        if char in ")}":
            depth -= 1
        if depth == 0:
            out.append(char)
        if char in "({":
            depth += 1
    return "".join(out)


def _kind(head):
    """What a brace after `head` opens at the level of declarations: scope, data, member or function."""
    head = OPERATOR.sub("operator_", _without_templates(head))
    top = _top_level(head)
    if re.search(r"\bnamespace\b|\bextern\s*\"\s*\"\s*$", top):
        return "scope"
    if re.search(r"\benum\b", top):
        return "data"
    if re.search(r"\b(class|struct|union)\b(?!.*\()", re.sub(r"(alignas|__attribute__|__declspec)\s*\(\)", "", top), re.DOTALL):
        return "scope"
    if re.search(r"=", top):
        return "lambda" if LAMBDA.search(head) else "data"
    # A type's list may hold parentheses too: array<T, size()> name{...}
    if "(" not in top or ("->" not in top and re.match(r"\s*>", top[top.rfind(")") + 1:])):
        return "data"
    # In a constructor's list an initialiser's brace follows a name, the body's does not.
    if re.search(r"\)[\w\s]*(?<!:):(?!:)", top) and re.search(r"[\w>]\s*$", head):
        return "member"
    return "function"


def _name(head):
    top = _top_level(_without_templates(head))
    found = re.search(r"(operator\s*\(\)|operator\s*[^\s\w(]+|operator\s+[\w:]+|[\w:~]+)\s*\(", top)
    return re.sub(r"\s", "", found.group(1)) if found else "<lambda>"


class _Scanner:
    def __init__(self, code):
        self.code, self.open, self.head, self.found = code, [], 0, []

    def run(self):
        for found in re.finditer(r"[(){};]", self.code):
            getattr(self, {"(": "_paren", ")": "_close_paren", "{": "_brace", "}": "_close", ";": "_semicolon"}[found.group()])(found.start())
        return self.found

    def _at_declarations(self):
        return all(kind == "scope" for kind, _, _ in self.open)

    def _in_function(self):
        return any(kind in ("function", "lambda") for kind, _, _ in self.open)

    def _paren(self, at):
        self.open.append(("paren", at, ""))

    def _close_paren(self, _):
        if self.open and self.open[-1][0] == "paren":
            self.open.pop()

    def _brace(self, at):
        head = self.code[self.head:at]
        if self._in_function():
            self.open.append(("inner", at, ""))
        elif self._at_declarations():
            kind = _kind(head)
            start = self.head + ACCESS.match(head).end()
            self.open.append((kind, start, _name(head)))
            if kind == "scope":
                self.head = at + 1
        else:  # inside parentheses or data: only a lambda is a function there
            found = LAMBDA.search(head)
            self.open.append(("lambda", self.head + found.start(), "<lambda>") if found else ("inner", at, ""))

    def _close(self, at):
        while self.open and self.open[-1][0] == "paren":  # unbalanced text: do not swallow the rest of the file
            self.open.pop()
        if not self.open:
            return
        kind, start, name = self.open.pop()
        if kind in ("function", "lambda"):
            self.found.append(Function(name, line_of(self.code, start), line_of(self.code, at)))
        if kind in ("function", "scope") and self._at_declarations():
            self.head = at + 1

    def _semicolon(self, at):
        if self._at_declarations():
            self.head = at + 1


def functions(code):
    """Every function and every lambda outside functions, with the lines from its first word to its last brace."""
    return _Scanner(code).run()
