"""Include cycles among the project's own files."""
from .layers import resolve
from .source import Violation


def check(tree):
    graph = {}
    for source in tree.code():
        targets = (resolve(tree, source, name) for _, name, _ in source.includes())
        graph[source.path] = sorted({path for path in targets if path and path != source.path})
    for cycle in _cycles(graph):
        yield Violation("cycle", cycle[0], 1, cycle[0], " -> ".join(cycle + [cycle[0]]))


def _cycles(graph):
    """One cycle for each knot of files, by a depth-first walk without recursion."""
    done = set()
    for start in sorted(graph):
        if start in done:
            continue
        path, on_path, work = [], set(), [(start, iter(graph[start]))]
        path.append(start)
        on_path.add(start)
        while work:
            node, targets = work[-1]
            target = next(targets, None)
            if target is None:
                work.pop()
                path.pop()
                on_path.discard(node)
                done.add(node)
            elif target in on_path:
                yield path[path.index(target):]
            elif target not in done and target in graph:
                work.append((target, iter(graph[target])))
                path.append(target)
                on_path.add(target)
