"""P6: memory of idle connections, whole process trees, PSS."""
import json
import os
import select
import subprocess

import machine
import peers
from measure import Failed, as_words
from ours import PASSWORD, Ours
from report import Row, goal

MANY = 10_000
LOGGED_IN = 500
WARM = 50
PEER_DOVECOT = 1_000
PEER_LOGGED_IN = 200
PEER_POSTFIX = 150
SOURCES = 200
OPEN_TIMEOUT = 300
MIB = 1024


class Held:
    """Connections that were opened, did what idle clients do, and stay."""

    def __init__(self, port, count, **options):
        words = [
            os.environ["POSTERN_LOAD"],
            "idle",
            f"port={port}",
            f"count={count}",
            "sessions=50",
            f"sources={SOURCES}",
            f"time_limit={OPEN_TIMEOUT}",
            *as_words(options),
        ]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not select.select([self.process.stdout], [], [], OPEN_TIMEOUT + 10)[0]:
            self.close()
            raise Failed("idle connections did not open")
        self.report = json.loads(self.process.stdout.readline())
        if self.report["done"] < count or self.report["failed"]:
            self.close()
            raise Failed(str(self.report))

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def per_connection(server, port, count, **options):
    """(KiB PSS a connection, KiB in all, the generator's report). WARM connections are there before and stay: what a server
    touches once, on its first login say, is not counted as the connections' own, and no memory is used a second time.
    """
    warm = Held(port, WARM, **options)
    try:
        before = machine.pss_kib(server.pid)
        held = Held(port, count, first_user=WARM, **options)
        try:
            total = machine.pss_kib(server.pid)
            return (total - before) / count, total, held.report
        finally:
            held.close()
    finally:
        warm.close()


def peer_figures(setting):
    """name → KiB a connection, of what can be started."""
    out = {}
    if not setting.missing("Dovecot"):
        mailboxes = {f"user{i}@bench.test": 1 for i in range(PEER_LOGGED_IN + WARM)}
        dovecot = peers.Dovecot(setting.root / "dovecot", setting.certificate, setting.key, mailboxes, 1024)
        try:
            out["plain"] = ("Dovecot", per_connection(dovecot, dovecot.port, PEER_DOVECOT, pop3=True)[0])
            out["tls"] = ("Dovecot", per_connection(dovecot, dovecot.port, PEER_DOVECOT, pop3=True, tls=True)[0])
            out["logged in"] = (
                "Dovecot",
                per_connection(
                    dovecot,
                    dovecot.port,
                    PEER_LOGGED_IN,
                    pop3=True,
                    tls=True,
                    authenticate=True,
                    users=PEER_LOGGED_IN,
                    password=PASSWORD,
                )[0],
            )
        finally:
            dovecot.close()
    if not setting.missing("Postfix"):
        # One for each: processes that the first connections started stay for a while and would serve the second ones.
        for name, options in (("postfix plain", {}), ("postfix tls", {"tls": True})):
            folder = setting.root / name.replace(" ", "-")
            postfix = peers.Postfix(folder, setting.certificate, setting.key, PEER_POSTFIX + WARM + 50)
            try:
                out[name] = ("Postfix", per_connection(postfix, postfix.port, PEER_POSTFIX, **options)[0])
            finally:
                postfix.close()
    return out


def p6(setting):
    peer = peer_figures(setting)
    rows = []
    # A server of its own for each figure: memory given back late would count for the next.
    for what, limit, count, options in (
        ("plain", 3, MANY, {}),
        ("tls", 18, MANY, {"tls": True}),
        (
            "logged in",
            36,
            LOGGED_IN,
            {"tls": True, "pop3": True, "authenticate": True, "users": LOGGED_IN, "password": PASSWORD},
        ),
    ):
        ours = Ours(setting.root, users=LOGGED_IN + WARM if what == "logged in" else 0)
        try:
            at_rest = machine.pss_kib(ours.pid)
            port = ours.pop3[1] if options.get("pop3") else ours.smtp[1]
            each, total, report = per_connection(ours, port, count, **options)
            after = machine.pss_kib(ours.pid)
        finally:
            ours.close()
        rows.append(memory_row(setting, what, limit, count, each, peer, report))
        rows[-1].note = f"{what}: {at_rest / MIB:.1f} MiB at rest before, {after / MIB:.1f} MiB when all were gone again"
        if what == "tls":
            rows.append(
                Row(
                    "P6",
                    f"{count:,} idle TLS sessions in all; serve at rest",
                    f"{total / MIB:.0f} MiB; {at_rest / MIB:.1f} MiB",
                    goals=[
                        goal("< 250 MiB", total, lambda v: v < 250 * MIB),
                        goal("at rest < 40 MiB", at_rest, lambda v: v < 40 * MIB),
                    ],
                    figures={"total_kib": total, "at_rest_kib": at_rest},
                    note=f"each did a {report['tls']} handshake and one NOOP: {report['done']:,} of {count:,}",
                )
            )
    return rows


def memory_row(setting, what, limit, count, each, peer, report):
    texts = [f"{name} {value:.1f}" for key, (name, value) in peer.items() if key in (what, f"postfix {what}")]
    first = peer.get(what)
    goals = [goal(f"<= {limit} KiB", each, lambda v: v <= limit)]
    if what != "plain":
        goals.append(goal("TLSv1.3", report["tls"], lambda v: v == "TLSv1.3"))
    return Row(
        "P6",
        f"memory an idle connection, {what}, {count:,}",
        f"{each:.1f} KiB",
        f"{', '.join(texts)} KiB" if texts else setting.peer_note("Dovecot"),
        f"1/{first[1] / each:.1f}" if first else "",
        goals,
        {"kib": each, "peers": {key: value for key, (_, value) in peer.items()}, "tls": report["tls"]},
    )
