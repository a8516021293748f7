"""What the machine says: CPU time and memory of process trees, the disk under a folder."""
import os
import pathlib
import time

TICKS = os.sysconf("SC_CLK_TCK")
SYNC_BLOCK = b"\0" * 4096
SYNC_SECONDS = 2
WARM_LEAST, WARM_LIMIT = 20, 60  # seconds
WARM_SAME = 0.3  # three seconds in a row whose rates differ by less count as sustained


def _stat(pid):
    """The fields behind the program's name."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def tree(root):
    """The process and all below it."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                children.setdefault(int(_stat(entry)[1]), []).append(int(entry))
            except (OSError, IndexError):
                pass
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def cpu_seconds(root):
    """User and system time of the tree, ended children included."""
    ticks = 0
    for pid in tree(root):
        try:
            ticks += sum(map(int, _stat(pid)[11:15]))
        except (OSError, IndexError):
            pass
    return ticks / TICKS


def pss_kib(root):
    total = 0
    for pid in tree(root):
        try:
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total


def file_system(folder):
    """(type, device) of the mount that holds the folder."""
    best = ("", "unknown", "unknown")
    path = os.path.realpath(folder)
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        device, point, kind = line.split()[:3]
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[0]):
            best = (point, kind, device)
    return best[1], best[2]


def sync_rate(folder, seconds=SYNC_SECONDS):
    """Writes of 4 KiB, each followed by fdatasync, a second."""
    path = pathlib.Path(folder) / "sync-rate"
    handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    count = 0
    begin = time.monotonic()
    try:
        while time.monotonic() - begin < seconds:
            os.pwrite(handle, SYNC_BLOCK, (count % 256) * len(SYNC_BLOCK))
            os.fdatasync(handle)
            count += 1
        return count / (time.monotonic() - begin)
    finally:
        os.close(handle)
        path.unlink()


def warm_up(folder):
    """Uses up what a rested disk has in store (it may sync many times faster for some seconds). Returns the rates."""
    rates = []
    while len(rates) < WARM_LIMIT:
        rates.append(sync_rate(folder, 1))
        last = rates[-3:]
        if len(rates) >= WARM_LEAST and max(last) - min(last) < WARM_SAME * max(last):
            break
    return rates


def cores():
    return len(os.sched_getaffinity(0))


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"
