"""What may not stand in the tree: paths of one machine, hosts nobody asked for, words that are not about the product."""
import hashlib
import re

from .source import Violation

MACHINE = re.compile(r"(?<![\w.~$}/-])/(work|root|home/\w+|Users/\w+|mnt/\w+|tmp/(?=\w+/)(?!postern))\b(/|$)", re.MULTILINE)
URL = re.compile(r"\b(?:https?|ftp|git|ssh)://([^\s/:\"'<>)\]]+)")
# Reserved for examples (RFC 2606, RFC 6761, RFC 5737), loopback, and where standards and licences are read.
KNOWN_HOSTS = re.compile(
    r"((.*\.)?example(\.(com|net|org))?|.*\.(test|invalid|example|localhost)|localhost|127\.[\d.]+|192\.0\.2\.\d+|\[::1\]|"
    r"(.*\.)?(fsf|gnu)\.org|(www\.)?rfc-editor\.org|datatracker\.ietf\.org|www\.w3\.org|www\.sqlite\.org|"
    r"docs\.oasis-open\.org|(doc|bugreports)\.qt\.io|gcc\.gnu\.org|github\.com)$")
# Kept as digests, so that the list itself says nothing.
FORBIDDEN = {
    "053ea4804ef1bb33", "3ea125d0bff386e6", "43bfa168ec1b7bc3", "487b91042c7cf27a",
    "57de4cf40144bdf7", "5d72436256ada538", "60965168ce762e94", "6f7ac1823da81d2e",
    "7d3194f79e645c42", "7f7f85b1e7d5ffd4", "94a168d2da574b00", "c70eca6b0f88f44d",
    "c857d09db23e6822", "d298391b07433318", "de2187af3fb01170",
}
WORD = re.compile(r"[A-Za-z]{3,20}")
TEXT = re.compile(r"\.(cpp|h|py|sh|cmake|md|txt|json|ts|in|svg|html|service|seed)$|/(run|CMakeLists\.txt)$|^\.[\w-]+$")
LICENCE = "LICENSE"


def _is_text(source):
    return bool(TEXT.search(source.path)) and "\0" not in source.text


def check(tree):
    judged = {}
    for path in tree.paths:
        source = tree.source(path)
        if path == LICENCE or not _is_text(source):
            continue
        for number, line in enumerate(source.text.split("\n"), 1):
            yield from _line(path, number, line, judged)


def _line(path, number, line, judged):
    for found in MACHINE.finditer(line):
        yield Violation("word", path, number, found.group(), f"a path of one machine: {found.group()}")
    for found in URL.finditer(line):
        if not KNOWN_HOSTS.match(found.group(1)):
            yield Violation("word", path, number, found.group(1), f"an unknown host: {found.group(1)}")
    for word in WORD.findall(line):
        word = word.lower()
        if word not in judged:
            judged[word] = hashlib.sha256(word.encode()).hexdigest()[:16] in FORBIDDEN
        if judged[word]:
            yield Violation("word", path, number, word, "a word that is not about the product")
