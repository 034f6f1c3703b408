"""Every answer says what it rests on: assumptions and sources of its own closure, not of the whole twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from twin import Snapshot

#: Two systems that have nothing to do with each other; each has an assumption of its own.
ASSETS = [
    ("west:bus", "bus", "west"), ("west:hall", "data_hall", "west"), ("west:tie", "bus", "west"),
    ("west:line", "power_line", "west"), ("west:dead", "bus", "west"), ("west:off", "generator", "west"),
    ("east:bus", "bus", "east"), ("east:line", "power_line", "east"), ("east:tie", "bus", "east"),
    ("east:gen", "generator", "east"),
]  # fmt: skip
LINKS = [
    ("west:bus", "CONDUCTS", "west:line"), ("west:line", "CONDUCTS", "west:tie"), ("west:feed", "", ""),
    ("west:tie", "POWERS", "west:hall"), ("west:off", "POWERS", "west:dead"), ("west:gen", "POWERS", "west:bus"),
    ("east:gen", "POWERS", "east:bus"), ("east:bus", "CONDUCTS", "east:line"), ("east:line", "CONDUCTS", "east:tie"),
]  # fmt: skip
WEST, EAST = "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"


def twin() -> Snapshot:
    """West: a hall on a feeder without a supplier of its own; east: all is known."""
    ids, kinds, sources = map(list, zip(*[*ASSETS, ("west:gen", "feeder", "west")], strict=True))
    status = ["out_of_service" if name == "west:off" else "in_service" for name in ids]
    assets = pa.table({"id": ids, "kind": kinds, "source": sources, "status": status})
    row = {name: i for i, name in enumerate(ids)}
    links = [link for link in LINKS if link[1]]
    columns = {
        "from": pa.array([row[a] for a, _, _ in links], pa.int32()),
        "to": pa.array([row[b] for _, _, b in links], pa.int32()),
        "type": [kind for _, kind, _ in links],
        "group": pa.nulls(len(links), pa.string()),
        "need": pa.nulls(len(links), pa.string()),
    }
    known = [{"source": "west", "imported_at": WEST}, {"source": "east", "imported_at": EAST}]
    return Snapshot.from_arrow(assets, pa.table(columns), sources=known, revision=3)


#: Question about one side -> what it rests on there.
OF_ONE: dict[str, Callable[[Snapshot, str], Any]] = {
    "impact": lambda s, side: s.impact([f"{side}:bus"]),
    "timeline": lambda s, side: s.timeline([f"{side}:bus"]),
    "explain": lambda s, side: s.explain(f"{side}:tie", [f"{side}:bus"]),
    "compare": lambda s, side: s.compare([f"{side}:bus"], [f"{side}:line"]),
    "single points": lambda s, side: s.single_points_of_failure(f"{side}:tie"),
    "cut sets": lambda s, side: s.cut_sets(f"{side}:tie"),
    "exposed": lambda s, side: s.exposed([f"{side}:line"]),
    "screen": lambda s, side: s.screen({"x": [f"{side}:bus"]}),
    "paths": lambda s, side: s.paths(f"{side}:bus", f"{side}:tie"),
}
OF_ALL: dict[str, Callable[[Snapshot], Any]] = {
    "criticality": lambda s: s.criticality(),
    "cold start": lambda s: s.cold_start(),
    "mesh": lambda s: s.mesh(),
    "dominators": lambda s: s.dominators(),
    "no path": lambda s: s.paths("east:bus", "west:bus"),
    "no second path": lambda s: s.paths("east:bus", "east:tie", k=2, disjoint="node"),
}


def brief(known: dict[str, Any]) -> tuple[int, int, list[str]]:
    assert all(isinstance(source["age_s"], int) and source["imported_at"] for source in known["sources"])
    return known["assumed_supplied"], known["baseline_down"], sorted(s["source"] for s in known["sources"])


@pytest.mark.parametrize("question", OF_ONE)
def test_only_the_own_closure_counts(question: str) -> None:
    snapshot = twin()
    assert brief(OF_ONE[question](snapshot, "west").to_dict()["assumptions"]) == (1, 0, ["west"])
    assert brief(OF_ONE[question](snapshot, "east").to_dict()["assumptions"]) == (0, 0, ["east"])


@pytest.mark.parametrize("question", OF_ALL)
def test_what_is_said_of_all_rests_on_all(question: str) -> None:
    assert brief(OF_ALL[question](twin()).to_dict()["assumptions"]) == (1, 1, ["east", "west"])


def test_walks_and_lists() -> None:
    snapshot = twin()
    assert brief(snapshot.rests_on()) == (1, 1, ["east", "west"])
    assert brief(snapshot.rests_on(["west:hall"])) == (1, 0, ["west"])
    assert brief(snapshot.rests_on(["west:hall"], "below")) == (0, 0, ["west"])
    assert brief(snapshot.rests_on(["west:dead"])) == (0, 1, ["west"])
    assert brief(snapshot.rests_on([])) == (0, 0, [])
