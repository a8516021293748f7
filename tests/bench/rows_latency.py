"""P7: time from the end of data to the 250 with change sets beside it, and kill -9 under that load."""
import pathlib
import random
import threading
import time

from measure import load
from ours import Ours
from report import Row, goal

SESSIONS = 50
SIZE = 10240
COUNT = 6_000
CHANGES_A_SECOND = 10
KILL_ROUNDS = 3
KILL_COUNT = 200_000  # more than a round can send
P50_MS, P99_MS = 15, 28


class Changes(threading.Thread):
    """Applies change sets at an even pace until told to stop."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.over = threading.Event()
        self.applied = 0
        self.problem = None

    def run(self):
        try:
            with self.server.control() as control:
                following = time.monotonic()
                while not self.over.is_set():
                    value = 100 + self.applied % 2
                    control.request(
                        "document set",
                        id="smtp/limits",
                        fields=[{"field": "recipients", "value": value}],
                        reason="bench",
                    )
                    self.applied += 1
                    following += 1 / CHANGES_A_SECOND
                    self.over.wait(max(0.0, following - time.monotonic()))
        except Exception as problem:  # told by the row: a thread's exception would be lost
            self.problem = problem

    def finish(self):
        self.over.set()
        self.join(30)
        if self.problem:
            raise self.problem
        return self.applied


def latency(ours):
    load("smtp", ours.smtp[1], sessions=SESSIONS, count=1_000, size=SIZE, keep_alive=True)  # warm
    changes = Changes(ours)
    begin = time.monotonic()
    changes.start()
    report = load("smtp", ours.smtp[1], sessions=SESSIONS, count=COUNT, size=SIZE, keep_alive=True)
    applied = changes.finish()
    return report, applied / (time.monotonic() - begin)


def numbers_stored(ours):
    """Numbers of the messages in the mailbox whose content is whole. The mailbox is read over POP3."""
    from mail import pop3_open

    client = pop3_open(ours)
    client.sock.settimeout(120)
    count, _ = client.stat()
    found, damaged = set(), 0
    for number in range(1, count + 1):
        lines = client.retr(number)[1]
        subject = next(line for line in lines if line.startswith(b"Subject: bench "))
        body = b"".join(line + b"\r\n" for line in lines[lines.index(b"") + 1 :])
        if len(body) != SIZE // 80 * 80 or body.strip(b"X\r\n"):
            damaged += 1
        found.add(int(subject.rsplit(b" ", 1)[1]))
    client.quit()
    return found, damaged


def kill_round(ours, first, folder):
    """Loads, kills at a random moment, restarts; returns how many were acknowledged."""
    acknowledged = pathlib.Path(folder) / f"acknowledged-{first}"
    killer = threading.Timer(random.uniform(0.5, 2.0), ours.kill)
    killer.start()
    load(
        "smtp",
        ours.smtp[1],
        allow_failures=True,
        sessions=SESSIONS,
        count=KILL_COUNT,
        size=SIZE,
        keep_alive=True,
        first=first,
        acknowledged=acknowledged,
    )
    killer.join()
    ours.start()
    return {int(line) for line in acknowledged.read_text().split()} if acknowledged.exists() else set()


def p7(setting):
    ours = Ours(setting.root)
    try:
        report, pace = latency(ours)
        row = Row(
            "P7",
            "end of DATA to 250, 50 sessions, 10 KB, 10 change sets/s beside it",
            f"p50 {report['p50_ms']:.1f} ms, p99 {report['p99_ms']:.1f} ms",
            goals=[
                goal(f"p50 <= {P50_MS} ms", report["p50_ms"], lambda v: v <= P50_MS),
                goal(f"p99 <= {P99_MS} ms", report["p99_ms"], lambda v: v <= P99_MS),
            ],
            figures={
                "p50_ms": report["p50_ms"],
                "p99_ms": report["p99_ms"],
                "rate": report["rate"],
                "change_sets_per_s": pace,
            },
            note=f"{pace:.1f} change sets/s applied meanwhile, {report['rate']:.0f} messages/s, "
            f"max {report['max_ms']:.0f} ms",
        )
    finally:
        ours.close()
    return [row, kill_row(setting)]


def kill_row(setting):
    ours = Ours(setting.root)
    try:
        acknowledged = set()
        for round_ in range(KILL_ROUNDS):
            acknowledged |= kill_round(ours, 1 + round_ * 1_000_000, setting.root)
        stored, damaged = numbers_stored(ours)
    finally:
        ours.close()
    lost = len(acknowledged - stored)
    return Row(
        "P7",
        f"kill -9 under the same load, {KILL_ROUNDS} rounds",
        f"{lost} of {len(acknowledged):,} acknowledged lost, {damaged} damaged",
        goals=[
            goal("0 lost", lost, lambda v: v == 0 and len(acknowledged) > 0),
            goal("0 damaged", damaged, lambda v: v == 0),
        ],
        figures={"acknowledged": len(acknowledged), "lost": lost, "damaged": damaged, "stored": len(stored)},
    )
