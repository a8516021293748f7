"""The listed exceptions. One a line: rule, path, token, then why; path and token may hold *. A needless one fails."""
import fnmatch
import os
import re

from .source import Violation

LIST = "tests/arch/exceptions.txt"
LINE = re.compile(r"(\S+)\s+(\S+)\s+(\S+)\s+--\s+(\S.*)$")


def read(root):
    """[(line, (rule, path, token))] and the lines that say nothing."""
    path = os.path.join(root, LIST)
    if not os.path.exists(path):
        return [], []
    entries, broken = [], []
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            text = text.strip()
            if not text or text.startswith("#"):
                continue
            found = LINE.match(text)
            if found:
                entries.append((number, found.groups()[:3]))
            else:
                broken.append(Violation("exception", LIST, number, text, "want: rule path token -- reason"))
    return entries, broken


def _covers(entry, violation):
    rule, path, token = entry
    return (rule == violation.rule and fnmatch.fnmatchcase(violation.path, path) and
            fnmatch.fnmatchcase(violation.token, token))


def apply(root, violations, rules):
    """The violations that are not excepted, with one more for each exception that nothing needs."""
    entries, left = read(root)
    needed = set()
    for violation in violations:
        covering = [number for number, entry in entries if _covers(entry, violation)]
        needed.update(covering)
        if not covering:
            left.append(violation)
    for number, entry in entries:
        if entry[0] not in rules:
            left.append(Violation("exception", LIST, number, entry[0], f"no such rule: {entry[0]}"))
        elif number not in needed:
            left.append(Violation("exception", LIST, number, entry[1], f"stale: {' '.join(entry)} is not needed"))
    return left
