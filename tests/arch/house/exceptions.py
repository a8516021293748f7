"""The listed exceptions. One a line: rule, path, token, then why. One that is not needed any more fails."""
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


def apply(root, violations, rules):
    """The violations that are not excepted, with one more for each exception that nothing needs."""
    entries, left = read(root)
    needed = set()
    keys = {key for _, key in entries}
    for violation in violations:
        key = (violation.rule, violation.path, violation.token)
        needed.add(key)
        if key not in keys:
            left.append(violation)
    for number, key in entries:
        if key[0] in rules and key not in needed:
            left.append(Violation("exception", LIST, number, key[1], f"stale: {' '.join(key)} is not needed"))
    return left
