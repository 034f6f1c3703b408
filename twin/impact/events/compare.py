"""Two events side by side: what only one of them affects, what both do, and what differs then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from twin.impact.rests import Resting
from twin.impact.result import COUNTED, MODEL_LEVEL, ImpactResult

#: Verdicts from bad to good.
SEVERITY = {name: place for place, name in enumerate((*COUNTED, "unaffected"))}
#: Longer than any outage that ends.
LONG_S = 1e15
NAMES = ("id", "kind", "domain", "name")


@dataclass(repr=False)
class CompareResult(Resting):
    """What sets two events apart.

    Attributes:
        a, b: of each event its ``event`` and ``summary``. revision, model_level: what both rest on.
        only_a, only_b: what one affects and the other does not: entries with ``verdict, time_s, outages``.
        both: what both affect: ``a`` and ``b`` with those members, ``same`` (verdict, time and outages), ``worse_in``
            (``a``, ``b`` or None: the worse verdict, the earlier time, the longer outage) and ``delta_s`` (time in b
            - time in a).
        summary: domain -> verdict -> ``a, b, delta`` (b - a). capacity_lost: domain -> property -> the same.
        counts: how many there are of each, and of ``both`` how many are worse in a and in b. notes: caveats.
    """

    QUESTION: ClassVar[str] = "compare"

    a: dict[str, Any]
    b: dict[str, Any]
    revision: int
    only_a: list[dict[str, Any]]
    only_b: list[dict[str, Any]]
    both: list[dict[str, Any]]
    summary: dict[str, dict[str, dict[str, float]]]
    capacity_lost: dict[str, dict[str, dict[str, float]]]
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    def rows(self) -> list[dict[str, Any]]:
        """One flat row per asset that either affects, for tables and layers; ``affected_by`` is a, b or both."""
        found = []
        for by, entries in (("a", self.only_a), ("b", self.only_b), ("both", self.both)):
            for entry in entries:
                sides = {"a": entry} if by == "a" else {"b": entry} if by == "b" else {s: entry[s] for s in ("a", "b")}
                row = {**{name: entry[name] for name in NAMES}, "affected_by": by}
                for side in ("a", "b"):
                    row[f"verdict_{side}"] = sides[side]["verdict"] if side in sides else "unaffected"
                    row[f"time_{side}_s"] = sides[side]["time_s"] if side in sides else None
                found.append({**row, "worse_in": entry.get("worse_in", by), "delta_s": entry.get("delta_s")})
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "a": self.a,
            "b": self.b,
            "revision": self.revision,
            "model_level": self.model_level,
            "assumptions": self.assumptions,
            "counts": self.counts,
            "summary": self.summary,
            "capacity_lost": self.capacity_lost,
            "only_a": self.only_a,
            "only_b": self.only_b,
            "both": self.both,
            "notes": self.notes,
        }


def compare(a: ImpactResult, b: ImpactResult) -> CompareResult:
    """Set two impacts of one revision side by side; lists keep the order of the impacts."""
    in_a, in_b = ({entry["id"]: entry for entry in result.affected} for result in (a, b))
    only_a = [_short(entry) for name, entry in in_a.items() if name not in in_b]
    only_b = [_short(entry) for name, entry in in_b.items() if name not in in_a]
    both = [_pair(entry, in_b[name]) for name, entry in in_a.items() if name in in_b]
    counts = {
        "only_a": len(only_a),
        "only_b": len(only_b),
        "both": len(both),
        "same": sum(pair["same"] for pair in both),
        "worse_in_a": sum(pair["worse_in"] == "a" for pair in both),
        "worse_in_b": sum(pair["worse_in"] == "b" for pair in both),
    }
    return CompareResult(
        a={"event": a.event, "summary": a.summary},
        b={"event": b.event, "summary": b.summary},
        revision=a.revision,
        only_a=only_a,
        only_b=only_b,
        both=both,
        summary=_deltas(a.summary, b.summary),
        capacity_lost=_deltas(a.capacity_lost, b.capacity_lost),
        counts=counts,
        notes=list(dict.fromkeys([*a.notes, *b.notes])),
    )


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in ("verdict", "flags", "time_s", "outages")}


def _short(entry: dict[str, Any]) -> dict[str, Any]:
    return {**{name: entry[name] for name in NAMES}, **_told(entry)}


def _pair(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    known = a["time_s"] is not None and b["time_s"] is not None
    ranks = [_rank(a), _rank(b)]
    worse = None if ranks[0] == ranks[1] else "a" if ranks[0] < ranks[1] else "b"
    return {
        **{name: a[name] for name in NAMES},
        "a": _told(a),
        "b": _told(b),
        "same": _told(a) == _told(b),
        "worse_in": worse,
        "delta_s": b["time_s"] - a["time_s"] if known else None,
    }


def _rank(entry: dict[str, Any]) -> tuple[int, float, float]:
    """Worse is less: the verdict, the time, then how long it is down."""
    time_s = LONG_S if entry["time_s"] is None else entry["time_s"]
    down_s = sum((LONG_S if end is None else end) - start for start, end in entry["outages"])
    return SEVERITY[entry["verdict"]], time_s, -down_s


def _deltas(a: Any, b: Any) -> dict[str, dict[str, dict[str, float]]]:
    """Two tables of numbers by domain and name, side by side."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for domain in dict.fromkeys([*a, *b]):
        one, other = a.get(domain, {}), b.get(domain, {})
        found[domain] = {
            name: {
                "a": one.get(name, 0),
                "b": other.get(name, 0),
                "delta": _round(other.get(name, 0) - one.get(name, 0)),
            }
            for name in dict.fromkeys([*one, *other])
        }
    return found


def _round(value: float) -> float:
    return round(value, 6) if isinstance(value, float) else value
