"""Time of one answer on 1,000, 10,000 and 100,000 assets, in process, from a snapshot in memory."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.report import Line, median, number, timed
from bench.system import System
from twin import Snapshot

SIZES = (1_000, 10_000, 100_000)
EVENTS = 15
#: Seconds that an answer on 100,000 assets may take.
FLOOR_S = 1.0


def answer_of(snapshot: Snapshot, failed: list[str]) -> dict[str, Any]:
    """The whole answer as surfaces give it."""
    return snapshot.impact(failed).to_dict()


def measure(sizes: tuple[int, ...] = SIZES) -> Iterator[Line]:
    """Lines for random substations lost, and for a blackout: every plant at once."""
    for n in sizes:
        with tempfile.TemporaryDirectory() as folder:
            system = System(n)
            system.write(Path(folder))
            seconds, snapshot = timed(Snapshot.from_tables, folder, strict=True)
        snapshot.impact(["substation-0"])  # compiles what is compiled on first use
        yield Line("snapshot from tables", f"{n:,} assets", n / seconds, "assets/s")
        chosen = random.Random(7).sample(range(system.count["substation"]), min(EVENTS, system.count["substation"]))
        times, affected = [], []
        for i in chosen:
            took, answer = timed(answer_of, snapshot, [f"substation-{i}"])
            times.append(took)
            affected.append(len(answer["affected"]))
        floor = FLOOR_S if n == 100_000 else None
        told = f"{number(median(affected))} affected, worst {max(times):.3f} s"
        yield Line("impact, one substation", f"{n:,} assets", median(times), "s", told, floor, at_most=True)
        plants = [f"power_plant-{i}" for i in range(system.count["power_plant"])]
        took, answer = timed(answer_of, snapshot, plants)
        told = f"{len(answer['affected']):,} affected"
        yield Line("impact, every plant lost", f"{n:,} assets", took, "s", told)
