"""What the numbering of a snapshot is worth: the same infrastructure in the order given (random) and as built."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bench.infrastructure import Infrastructure
from bench.report import Line, median, number
from twin import Snapshot
from twin.impact.reach import reach
from twin.impact.system import System
from twin.schema import default_schema
from twin.snapshot.arrays import Arrays
from twin.snapshot.build import build

TURNS = 7


def both(n: int) -> tuple[Arrays, Arrays]:
    """The infrastructure of *n* assets in random order, and numbered for locality."""
    made = Infrastructure(n)
    assets, links, schema = made.assets(lean=True), made.links(), default_schema()
    return build(assets, links, schema, renumber=False), build(assets, links, schema)


def compare(n: int) -> Iterator[Line]:
    """Lines for whole-graph work, both orders in turns; the ratio is random / numbered, of processor time."""
    pair = both(n)
    plants = [np.array([Snapshot(a).catalogue.row("power_plant-0.0")]) for a in pair]
    systems = [System(a) for a in pair]
    within = [a.in_service.copy() for a in pair]
    work: dict[str, list[Callable[[], Any]]] = {
        "reach down from one plant": [lambda i=i: reach(pair[i], plants[i], up=False) for i in (0, 1)],
        "operating set from all": [lambda i=i: systems[i].operating(within[i]) for i in (0, 1)],
    }
    for what, ways in work.items():
        results = [len(np.flatnonzero(way())) if "operating" in what else len(way()) for way in ways]
        if results[0] != results[1]:
            raise RuntimeError(f"{what}: {results}")
        took: list[list[float]] = [[], []]
        for turn in range(TURNS):
            for i in (0, 1) if turn % 2 else (1, 0):
                began = time.process_time()
                ways[i]()
                took[i].append(time.process_time() - began)
        random, ours = (median(times) for times in took)
        beside = f"random order {number(random)} s; {results[0]:,} assets"
        yield Line(what, f"{n:,} assets", ours, "s", beside, judged=random / ours)
