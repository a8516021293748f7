"""The bench: rows of performance.md, beside public peers, in one run. Called by run.sh."""
import argparse
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

import machine
import peers
import report
import rows_growth
import rows_latency
import rows_memory
import rows_speed
from ours import Ours

SYNC_SPREAD = 3
ROWS = ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P16")
PROGRAMS = {"Postfix": "postconf", "Dovecot": "dovecot"}


class Setting:
    """What all rows share."""

    def __init__(self, folder):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="postern-bench-", dir=folder))
        self.root.chmod(0o755)  # the peers' own users have to get in
        self.kind, self.device = machine.file_system(self.root)
        self.ratios = self.kind not in ("tmpfs", "ramfs")
        self.certificate, self.key = peers.make_certificate(self.root)
        self.sync_rates = []

    def missing(self, peer):
        return peers.why_not(PROGRAMS[peer])

    def peer_note(self, peer):
        return f"{peer}: {self.missing(peer)}" if self.missing(peer) else ""

    def sync_rate(self):
        self.sync_rates.append(machine.sync_rate(self.root))
        return self.sync_rates[-1]

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


def run_row(setting, id_):
    print(f"{time.strftime('%H:%M:%S')} {id_} ...", file=sys.stderr, flush=True)
    setting.sync_rate()
    if id_ in ("P1", "P2", "P3", "P4"):
        group = rows_speed.Smtp(setting)
    elif id_ == "P5":
        group = rows_speed.Pop3(setting)
    else:
        return {"P6": rows_memory.p6, "P7": rows_latency.p7, "P16": rows_growth.p16}[id_](setting)
    try:
        group.ours.switch_off_rate_limits()
        return getattr(group, id_.lower())()
    finally:
        group.close()


def state_of_ours(setting):
    """Looked up on a server of the same kind as the rows', after a few messages."""
    from measure import load

    ours = Ours(setting.root)
    try:
        switched = ours.switch_off_rate_limits()
        load("smtp", ours.smtp[1], count=20, size=200_000, sessions=2)
        load("smtp", ours.smtp[1], count=20, sessions=2)
        state = ours.state()
        state["rate limits"] = switched or "none there to switch off"
        return state
    finally:
        ours.close()


def print_environment(environment):
    for name, value in environment.items():
        print(f"{name}: {value}")
    print()


def main():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("rows", nargs="*", default=list(ROWS), metavar="ROW", help=f"of {' '.join(ROWS)}; default all")
    parser.add_argument(
        "--root", default=None, help="a folder on the disk to measure (default: the system's temporary folder)"
    )
    parser.add_argument("--json", default=None, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    unknown = [row for row in options.rows if row not in ROWS]
    if unknown:
        parser.error(f"no such row: {' '.join(unknown)}")
    setting = Setting(options.root)
    failed = 0
    try:
        warm = machine.warm_up(setting.root)
        environment = {
            "machine": f"{machine.cores()} cores, {machine.processor()}",
            "file system": f"{setting.kind} on {setting.device}",
            "disk warmed up": f"{len(warm)} s, {warm[0]:.0f} syncs/s at first, {warm[-1]:.0f} at last",
            **state_of_ours(setting),
        }
        if not setting.ratios:
            environment["ratios"] = "none: a memory file system does not sync"
        for peer in PROGRAMS:
            environment[peer] = setting.missing(peer) or "beside ours, in turn"
        rows = []
        for id_ in options.rows:
            try:
                rows += run_row(setting, id_)
            except Exception:
                failed += 1
                traceback.print_exc()
                rows.append(
                    report.Row(id_, "failed", "no figure", note=traceback.format_exc().strip().splitlines()[-1])
                )
        environment["syncs/s before each row"] = ", ".join(f"{rate:.0f}" for rate in setting.sync_rates)
        if setting.sync_rates and max(setting.sync_rates) > SYNC_SPREAD * min(setting.sync_rates):
            environment["disk"] = "its sync rate changed during the run: compare within a row only"
        print_environment(environment)
        print(report.table(rows))
        if options.json:
            pathlib.Path(options.json).write_text(report.as_json(environment, rows) + "\n")
    finally:
        setting.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
