"""P16: a mailbox of 1 M messages and 10,000 users, at 1 % and at 100 % of the size."""
import os
import statistics
import time

from mail import pop3_open
from measure import load
from ours import DOMAIN, PASSWORD, Ours
from report import Row, goal

MESSAGES = int(os.environ.get("POSTERN_BENCH_MESSAGES", "1000000"))
USERS = int(os.environ.get("POSTERN_BENCH_USERS", "10000"))
SHARE = 100
SIZE = 200
FILL_LIMIT = 3_000  # seconds
TIMES = 15
COMMITS = 200
PAGE = 50
FACTOR = 2


def seconds(action, times=TIMES):
    """The median of so many, in milliseconds; one more goes before it."""
    action()
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        action()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def login(ours):
    client = pop3_open(ours, f"user@{DOMAIN}", PASSWORD)
    client.stat()
    client.quit()


def figures(ours):
    """Milliseconds by what was done."""
    ours.tls_context()
    with ours.control() as control:
        switch = [0]

        def edit():
            switch[0] ^= 1
            control.request("user set", user=f"user@{DOMAIN}", quota=(1 << 40) + switch[0])

        def page():
            control.request("user list", limit=PAGE)

        commits = load("smtp", ours.smtp[1], sessions=1, count=COMMITS, size=10240, keep_alive=True)
        return {
            "login and STAT": seconds(lambda: login(ours)),
            "commit p50": commits["p50_ms"],
            "a page of users": seconds(page),
            "one edit": seconds(edit),
        }


def fill(ours, have, wanted):
    (messages, users), (all_messages, all_users) = have, wanted
    if all_messages > messages:
        load(
            "smtp",
            ours.smtp[1],
            sessions=100,
            count=all_messages - messages,
            size=SIZE,
            keep_alive=True,
            time_limit=FILL_LIMIT,
        )
    with ours.control() as control:
        for number in range(users, all_users):
            control.request("user add", address=f"grown{number}@{DOMAIN}")


def p16(setting):
    ours = Ours(setting.root)
    try:
        small = (MESSAGES // SHARE, USERS // SHARE)
        fill(ours, (0, 0), small)
        at_small = figures(ours)
        fill(ours, small, (MESSAGES, USERS))
        at_full = figures(ours)
    finally:
        ours.close()
    rows = []
    for what, before in at_small.items():
        ratio = at_full[what] / before
        rows.append(
            Row(
                "P16",
                f"{what}: {MESSAGES:,} messages, {USERS:,} users against 1 %",
                f"{at_full[what]:.2f} ms",
                "",
                f"{ratio:.2f}x of {before:.2f} ms",
                [goal(f"< {FACTOR}x", ratio, lambda v: v < FACTOR)],
                {"ms": at_full[what], "ms_at_1_percent": before, "ratio": ratio},
            )
        )
    return rows
