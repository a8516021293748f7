"""Files of the tree and their text with comments, literals and directives blanked; line numbers stay."""
import os
import re

TOP_FOLDERS = ("app", "core", "ui", "resources", "translations", "tests", ".ci")
# Seeds break the rules on purpose; they are judged one by one by seeds_test.py.
LEFT_OUT = ("tests/arch/seeds",)
CODE_ENDINGS = (".cpp", ".h")
OTHER_ENDINGS = (".c", ".cc", ".cxx", ".hh", ".hpp", ".hxx", ".inc", ".inl", ".ipp")


class Violation:
    """One broken rule. `token` is what an exception has to name: a header, a function, a word."""

    def __init__(self, rule, path, line, token, text):
        self.rule, self.path, self.line, self.token, self.text = rule, path, line, token, text

    def __str__(self):
        return f"{self.path}:{self.line}: [{self.rule}] {self.text}"


class Source:
    """One file. `code` has comments, literals and preprocessor lines blanked, `bare` only comments."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            self.text = file.read()
        self._views = None

    @property
    def lines(self):
        return self.text.count("\n") + (0 if self.text.endswith("\n") or not self.text else 1)

    @property
    def bare(self):
        return self._split()[0]

    @property
    def code(self):
        return self._split()[1]

    def _split(self):
        if self._views is None:
            bare, code = blank(self.text)
            self._views = bare, without_directives(code)
        return self._views

    def includes(self):
        """(line, name, quoted) of each include."""
        for number, line in enumerate(self.bare.split("\n"), 1):
            found = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
            if found:
                yield number, found.group(1) or found.group(2), found.group(1) is not None


TOKEN = re.compile(
    r'//(?:\\\n|[^\n])*|/\*.*?\*/'
    r'|(?:u8|[uUL])?R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)"'
    r'|(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


def _spaces(text):
    return re.sub(r"[^\n]", " ", text)


def blank(text):
    """The text without comments, and the text without comments and what stands inside literals."""

    def comment(found):
        return _spaces(found.group()) if found.group().startswith(("//", "/*")) else found.group()

    def literal(found):
        whole = found.group()
        if whole.startswith(("//", "/*")):
            return _spaces(whole)
        return '"' + _spaces(whole[1:-1]) + '"'

    return TOKEN.sub(comment, text), TOKEN.sub(literal, text)


def without_directives(code):
    """Blanks preprocessor lines, and every branch of a conditional but its first: braces stay balanced."""
    out, skipping, continued = [], [], False
    for line in code.split("\n"):
        directive = continued or line.lstrip().startswith("#")
        if directive and not continued:
            word = re.match(r"\s*#\s*(\w*)", line).group(1)
            if word in ("if", "ifdef", "ifndef"):
                skipping.append(False)
            elif word in ("else", "elif") and skipping:
                skipping[-1] = True
            elif word == "endif" and skipping:
                skipping.pop()
        continued = directive and line.endswith("\\")
        out.append(_spaces(line) if directive or any(skipping) else line)
    return "\n".join(out)


class Tree:
    """The project's files below `root`, read once."""

    def __init__(self, root):
        self.root = root
        self._sources = {}
        self.paths = sorted(self._walk())

    def _walk(self):
        for name in os.listdir(self.root):
            if os.path.isfile(os.path.join(self.root, name)):
                yield name
        for top in TOP_FOLDERS:
            for folder, below, names in os.walk(os.path.join(self.root, top)):
                below[:] = [name for name in below if name not in ("__pycache__", "build")]
                for name in names:
                    path = os.path.relpath(os.path.join(folder, name), self.root).replace(os.sep, "/")
                    if not path.startswith(LEFT_OUT):
                        yield path

    def source(self, path):
        if path not in self._sources:
            self._sources[path] = Source(self.root, path)
        return self._sources[path]

    def code(self, *prefixes):
        """The C++ files below one of the folders, or all."""
        for path in self.paths:
            if path.endswith(CODE_ENDINGS) and (not prefixes or path.startswith(prefixes)):
                yield self.source(path)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
