"""The layers of core by folder. Judged by the includes alone, whatever the build files say."""
import os

from .source import Violation

LAYERS = {
    "api": 0, "base": 1, "crypto": 2, "protocol/mime": 3,
    "protocol/smtp": 4, "protocol/pop3": 4, "protocol/mailauth": 4, "protocol/acme": 4, "protocol/dnsupdate": 4,
    "mail": 5, "defence/gate": 6,
    "defence/firewall": 7, "defence/limits": 7, "defence/reputation": 7, "defence/identity": 7, "defence/content": 7,
    "defence/dlp": 8, "defence/trust": 8, "defence/anomaly": 8,
    "observe": 9, "response/audit": 10, "response/change": 11, "response/incident": 12,
    "response/playbook": 13, "checks": 13,
    "adapters/platform": 14, "adapters/store": 14, "adapters/resolver": 14, "adapters/http": 14, "adapters/net": 14,
    "adapters/notify": 15, "adapters/scan": 15, "adapters/control": 15,
    "service": 16,
}
# What each part may include of the others by quoted path; "api" is core/api/postern.
MAY_SEE = (("core/", ("core",)), ("ui/", ("ui", "api")), ("app/console/", ("app", "ui", "api")), ("app/", ("app", "api")))
PRIVATE_PARTS = ("ui/", "app/", "tests/")


def folder_of(path):
    """The core folder a file belongs to: "protocol/smtp" for core/protocol/smtp/reply.h; None outside the table."""
    inside = path[len("core/"):]
    for length in (2, 1):
        folder = "/".join(inside.split("/")[:length])
        if folder in LAYERS and inside.startswith(folder + "/"):
            return folder
    return None


def part_of(path):
    if path.startswith("core/api/postern/"):
        return "api"
    return path.split("/")[0]


def resolve(tree, source, name):
    """The project file an include names, as the build finds it: beside the file, then in the include roots."""
    roots = [os.path.dirname(source.path), "core", "core/api", "core/api/detail"]
    top = source.path.split("/")[0]
    roots += {"app": ["app", "ui"], "ui": ["ui"], "tests": ["tests", "app", "ui", ""]}.get(top, [])
    known = tree_set(tree)
    for root in roots:
        path = os.path.normpath(os.path.join(root, name)).replace(os.sep, "/")
        if path in known:
            return path
    return None


def tree_set(tree):
    if not hasattr(tree, "path_set"):
        tree.path_set = set(tree.paths)
    return tree.path_set


def check(tree):
    for source in tree.code("core/", "app/", "ui/"):
        if source.path.startswith("core/") and folder_of(source.path) is None:
            yield Violation("layer", source.path, 1, source.path, "the folder is in no layer")
            continue
        for line, name, quoted in source.includes():
            target = resolve(tree, source, name)
            if target is None:
                if quoted:
                    yield Violation("root", source.path, line, name, f'"{name}" is not below the include roots')
                continue
            yield from _judge(source, line, name, target)


def _judge(source, line, name, target):
    allowed = next(parts for prefix, parts in MAY_SEE if source.path.startswith(prefix))
    if not source.path.startswith("core/"):
        if part_of(target) not in allowed:
            yield Violation("root", source.path, line, name, f'"{name}" is {target}: of core only postern/* may be seen here')
        return
    if target.startswith(PRIVATE_PARTS):
        yield Violation("root", source.path, line, name, f'core includes {target}')
        return
    own, other = folder_of(source.path), folder_of(target)
    if other is None or own == other or LAYERS[other] < LAYERS[own]:
        return
    way = "sideways" if LAYERS[other] == LAYERS[own] else "upward"
    yield Violation("layer", source.path, line, name,
                    f"{way}: {own} (layer {LAYERS[own]}) includes {other} (layer {LAYERS[other]})")
