"""Reads an strace log of a mail server and says whether every 250 after a message came when the message was safe.

A message is safe when, between the last write to the file that holds it and the 250, a sync of that file began and was
completed; for a blob of its own also a sync of the folder that its name stands in, after it got that name. Order is the
order of lines: strace prints a call in one line only when nothing else was seen between its begin and its end.
"""
import os
import re
from dataclasses import dataclass, field

TRACE = (
    "fdatasync,fsync,sync_file_range,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,rename,renameat,renameat2,"
    "link,linkat,unlink,unlinkat,recvfrom,recvmsg,read,readv,openat,ftruncate,fallocate"
)
STRACE = ("strace", "-f", "-yy", "-s", "200", "-e", f"trace={TRACE}", "-o")

WRITES = {"write", "writev", "pwrite64", "pwritev", "pwritev2"}
SENDS = {"sendto", "sendmsg", "write", "writev"}
RECEIVES = {"recvfrom", "recvmsg", "read", "readv"}
SYNCS = {"fdatasync", "fsync"}
MOVES = {"rename", "renameat", "renameat2", "link", "linkat"}

LINE = re.compile(r"^(\d+) +(.*)$")
CALL = re.compile(r"^(\w+)\((.*)$")
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$")
UNFINISHED = re.compile(r"\s*<unfinished \.\.\.>$")
RESULT = re.compile(r"\)\s*=\s*(-?\d+)")
TARGET = re.compile(r"^(-?\w+)<(.*?)>(?=[,) ]|$)")
PATHS = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass
class Call:
    name: str
    begin: int  # number of the line where it was seen to begin
    end: int  # ... and where its result was seen
    target: str = ""  # path or socket of its descriptor
    text: str = ""  # the arguments as printed
    result: int = -1


def parse(lines):
    """Calls in the order of their begin; what never ended has `end` at infinity."""
    calls, open_ = [], {}
    for number, line in enumerate(lines):
        match = LINE.match(line.rstrip("\n"))
        if not match:
            continue
        pid, rest = match.groups()
        if resumed := RESUMED.match(rest):
            call = open_.pop(pid, None)
            if call and call.name == resumed.group(1):
                call.end = number
                call.text += resumed.group(2)
                call.result = _result(resumed.group(2))
            continue
        started = CALL.match(rest)
        if not started:
            continue
        call = Call(started.group(1), number, number, text=started.group(2))
        if UNFINISHED.search(rest):
            call.end = float("inf")
            open_[pid] = call
        else:
            call.result = _result(rest)
        if target := TARGET.match(started.group(2)):
            call.target = target.group(2)
        calls.append(call)
    return calls


def _result(text):
    found = RESULT.findall(text)
    return int(found[-1]) if found else -1


@dataclass
class Message:
    """One message as the trace shows it."""

    socket: str
    accepted: int  # line of the 354
    end_of_data: int = 0  # line of the last octets received before the 250
    sent: int = 0  # line where the 250 began to be sent
    problems: list = field(default_factory=list)


def messages(calls):
    """Every message that was answered with 250, in order of the answer."""
    open_, out = {}, []
    for call in calls:
        if "TCP" not in call.target:
            continue
        if call.name in RECEIVES and call.result > 0 and call.target in open_:
            open_[call.target].end_of_data = call.end
        if call.name not in SENDS:
            continue
        text = "".join(PATHS.findall(call.text))
        if call.target in open_ and text.startswith("250"):
            message = open_.pop(call.target)
            message.sent = call.begin
            out.append(message)
        elif call.target in open_ and re.match(r"[45]\d\d", text):
            open_.pop(call.target)
        if re.search(r"(^|\\r\\n)354[ -]", text):
            open_[call.target] = Message(call.target, call.begin, call.begin)
    return out


class Order:
    """`folder`: the data folder; `log`: the end of the path of the file that commits are written to."""

    def __init__(self, lines, folder, log="mail.db-wal", blobs="blobs"):
        self.folder = os.path.realpath(folder)
        self.log = os.path.join(self.folder, log)
        self.blobs = os.path.join(self.folder, blobs) + "/"
        self.calls = parse(lines)
        self.messages = messages(self.calls)
        self.writes = [
            c for c in self.calls if c.name in WRITES and c.target.startswith(self.folder + "/") and c.result > 0
        ]
        self.syncs = [c for c in self.calls if c.name in SYNCS and c.result == 0]
        self.moves = [
            (c, [os.path.join(self.folder, p) for p in PATHS.findall(c.text)])
            for c in self.calls
            if c.name in MOVES and c.result == 0
        ]

    def check(self, blob_expected, strict=True):
        """Fills `problems` of every message. `strict`: nothing else goes on meanwhile, so the whole log must be clean.
        `blob_expected(index)`: does the message with this number have a blob of its own?"""
        previous = -1
        for index, message in enumerate(self.messages):
            commit = self._check_log(message, strict)
            if blob_expected(index):
                self._check_blob(message, previous if strict else message.accepted, commit)
            previous = message.sent
        return [(i, p) for i, m in enumerate(self.messages) for p in m.problems]

    def _synced(self, path, after, before):
        """A sync of exactly this path that began after one line and ended before the other."""
        return any(s.target == path and s.begin > after and s.end < before for s in self.syncs)

    def _check_log(self, message, strict):
        """The commit's write and its sync; returns the line of the last write."""
        since = message.accepted if strict else message.end_of_data
        writes = [w for w in self.writes if w.target == self.log and w.begin > since and w.begin < message.sent]
        if not writes:
            message.problems.append("nothing was written to the log between the message and its 250")
            return message.sent
        if strict:
            last = max(writes, key=lambda w: w.end)
            if last.end >= message.sent:
                message.problems.append("a write to the log was still under way at the 250")
            elif not self._synced(self.log, last.end, message.sent):
                message.problems.append("no completed sync of the log between its last write and the 250")
            return writes[0].begin
        if not any(self._synced(self.log, w.end, message.sent) for w in writes):
            message.problems.append("no write to the log after the message was synced before the 250")
        return writes[0].begin

    def _check_blob(self, message, since, commit):
        names = {w.target for w in self.writes if w.target.startswith(self.blobs) and since < w.begin < message.sent}
        if not names:
            message.problems.append("no blob was written")
        for name in names:
            writes = [w for w in self.writes if w.target == name and since < w.begin < message.sent]
            final, named = self._final_name(name, since, message.sent)
            last = max(w.end for w in writes)
            if not any(s.target in (name, final) and s.begin > last and s.end < message.sent for s in self.syncs):
                message.problems.append(f"blob {os.path.basename(final)}: no completed sync after its last write")
            after = named if named else min(w.begin for w in writes)
            if not self._synced(os.path.dirname(final), after, message.sent):
                message.problems.append(
                    f"blob {os.path.basename(final)}: its folder was not synced after it got its name"
                )
            elif not any(s.target in (name, final) and s.begin > last and s.end < commit for s in self.syncs):
                message.problems.append(
                    f"blob {os.path.basename(final)}: the commit that names it was written before it was synced"
                )

    def _final_name(self, name, since, until):
        """Where the file ended up before the 250, and the line of the last move (0 = it was made under that name)."""
        named = 0
        for call, paths in self.moves:
            if since < call.begin < until and len(paths) >= 2 and paths[-2] == name:
                name, named = paths[-1], call.end
        return name, named
