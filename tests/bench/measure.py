"""Runs the load generator against a server and compares two servers in turn."""
import json
import os
import statistics
import subprocess
from dataclasses import dataclass, field

import machine

REPEATS = 3
TIME_LIMIT = 120  # seconds, one run of the generator
RUN_SECONDS = 3  # long enough for the clock ticks that CPU time is counted in
MAX_COUNT = 60_000


class Failed(Exception):
    """The load did not go through: the row has no figure."""


def as_words(options):
    """The generator's own spelling: name=value, 1 and 0 for true and false."""
    return [f"{name}={int(value) if isinstance(value, bool) else value}" for name, value in options.items()]


def load(mode, port, allow_failures=False, **options):
    """One run; the generator's own report."""
    options.setdefault("time_limit", TIME_LIMIT)
    words = [os.environ["POSTERN_LOAD"], mode, f"port={port}", *as_words(options)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=options["time_limit"] + 30)
    if not done.stdout:
        raise Failed(done.stderr.strip())
    report = json.loads(done.stdout)
    if not allow_failures and (report["failed"] or report["timed_out"] or report["done"] == 0):
        raise Failed(f"{mode} {options}: {report}")
    return report


@dataclass
class Run:
    rate: float  # a second
    cpu: float  # seconds per 1000
    report: dict = field(default_factory=dict)


def measured(server, mode, port, settle=None, **options):
    """Rate by the generator, CPU of the server's whole process tree until `settle` says it is done."""
    before = machine.cpu_seconds(server.pid)
    report = load(mode, port, **options)
    if settle:
        settle()
    cpu = machine.cpu_seconds(server.pid) - before
    return Run(report["rate"], 1000 * cpu / report["done"], report)


@dataclass
class Comparison:
    ours: list
    peer: list

    @staticmethod
    def _median(values):
        return statistics.median(values) if values else None

    @property
    def rate(self):
        return self._median([run.rate for run in self.ours])

    @property
    def cpu(self):
        return self._median([run.cpu for run in self.ours])

    @property
    def peer_rate(self):
        return self._median([run.rate for run in self.peer])

    @property
    def peer_cpu(self):
        return self._median([run.cpu for run in self.peer])

    @property
    def rate_ratio(self):
        return self._median([a.rate / b.rate for a, b in zip(self.ours, self.peer)])

    @property
    def cpu_ratio(self):
        return self._median([b.cpu / max(a.cpu, 1e-9) for a, b in zip(self.ours, self.peer)])


def enough(run, first):
    """How many to do so that a run lasts about RUN_SECONDS, judged by a first one that did `first`."""
    return int(min(max(run.rate * RUN_SECONDS, first), MAX_COUNT))


def in_turn(ours, peer, first, repeats=REPEATS):
    """`ours` and `peer` do `count` and return a Run. A first round of both is not counted: it warms up and says
    how many fit into a run; then A B A B ... `peer` may be None."""
    comparison = Comparison([], [])
    peer_count = enough(peer(first), first) if peer else 0
    our_count = enough(ours(first), first)
    for _ in range(repeats):
        if peer:
            comparison.peer.append(peer(peer_count))
        comparison.ours.append(ours(our_count))
    return comparison
