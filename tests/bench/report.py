"""Rows and how they are printed."""
import json
from dataclasses import asdict, dataclass, field


@dataclass
class Goal:
    text: str
    met: bool | None  # None: cannot be told here


@dataclass
class Row:
    id: str
    work: str
    ours: str
    peer: str = ""
    ratio: str = ""
    goals: list = field(default_factory=list)
    figures: dict = field(default_factory=dict)  # numbers for the JSON
    note: str = ""


def goal(text, value, holds):
    """`value` None: nothing to judge by."""
    return Goal(text, None if value is None else bool(holds(value)))


def verdict(row):
    if not row.goals or any(g.met is None for g in row.goals):
        known = [g.met for g in row.goals if g.met is not None]
        return "no" if False in known else "-"
    return "yes" if all(g.met for g in row.goals) else "no"


def table(rows):
    header = ("row", "work", "Postern", "peer", "ours / peer", "goal", "met")
    lines = [header] + [
        (r.id, r.work, r.ours, r.peer, r.ratio, "; ".join(g.text for g in r.goals), verdict(r)) for r in rows
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    out = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    out.insert(1, "  ".join("-" * width for width in widths))
    out += [f"{row.id}: {row.note}" for row in rows if row.note]
    return "\n".join(out)


def as_json(environment, rows):
    return json.dumps(
        {"environment": environment, "rows": [dict(asdict(row), met=verdict(row)) for row in rows]},
        indent=1,
        default=str,
    )
