#!/usr/bin/env python3
"""Runs the fuzz targets of a build: replays every seed, then looks for more for a bounded time.

run.py --build DIR [--seconds N] [--jobs N] [NAME...]
What is found new is kept in DIR/corpus/NAME and used again; what breaks a target is in DIR/broken/NAME-*. The last line
is "N passed, N failed"; exit code 1 when one failed or there is none.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ONE_INPUT_SECONDS = 10
MEMORY_MIB = 2048
GRACE_SECONDS = 120  # beyond its time a target is ended: it hangs


def targets(build, names):
    folder = os.path.join(build, "tests", "fuzz")
    sources = sorted(name[:-len(".cpp")] for name in os.listdir(HERE) if name.endswith("_fuzz.cpp"))
    return [(name, os.path.join(folder, name)) for name in sources if not names or name in names]


def seeds(name):
    folder = os.path.join(HERE, "seeds", name)
    return sorted(os.path.join(folder, file) for file in os.listdir(folder)) if os.path.isdir(folder) else []


def run_one(build, name, program, seconds):
    """(name, seconds taken, executions, what went wrong or None)"""
    began = time.monotonic()
    if not os.access(program, os.X_OK):
        return name, 0.0, 0, "was not built"
    corpus, broken = (os.path.join(build, kind) for kind in (os.path.join("corpus", name), "broken"))
    os.makedirs(corpus, exist_ok=True)
    os.makedirs(broken, exist_ok=True)
    limits = [f"-timeout={ONE_INPUT_SECONDS}", f"-rss_limit_mb={MEMORY_MIB}", f"-artifact_prefix={broken}/{name}-"]
    known = seeds(name)
    runs = [[program, *limits, *known]] if known else []
    runs.append([program, *limits, f"-max_total_time={seconds}", "-print_final_stats=1", corpus] +
                ([os.path.dirname(known[0])] if known else []))
    executions = 0
    for command in runs:
        wrong, said = _finish(command, seconds + GRACE_SECONDS)
        if wrong:
            return name, time.monotonic() - began, executions, wrong
        found = re.search(r"number_of_executed_units: (\d+)", said)
        executions += int(found.group(1)) if found else 0
    wrong = None if executions > 0 else "nothing was executed"
    return name, time.monotonic() - began, executions, wrong


def _finish(command, limit):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return f"still ran after {limit} s", ""
    if done.returncode != 0:
        return f"exit code {done.returncode}\n" + "\n".join(done.stdout.split("\n")[-40:]), done.stdout
    return None, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    failed, wanted = 0, targets(build, options.names)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, took, executions, wrong in pool.map(lambda target: run_one(build, *target, options.seconds), wanted):
            print(f"{name}: {executions} inputs, {len(seeds(name))} seeds, {took:.0f} s" + (f": FAILED: {wrong}" if wrong else ""), flush=True)
            failed += 1 if wrong else 0
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return 1 if failed or not wanted else 0


if __name__ == "__main__":
    sys.exit(main())
