"""Ten thousand scenarios of a thousand failures each: what every one of them costs."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from bench import stock
from bench.clock import Contestant, Wrong, interleaved, load
from bench.gates import Flat, Worklist
from bench.parts import QUICK, Scale
from bench.parts.small import _steady
from bench.result import Result
from twin.impact.failures.scenarios import Scenarios
from twin.impact.failures.screen import screen

SCENARIOS, FAILED, MOST_S = 10_000, 1_000, 3.0
CHECKED = 4


def measure(scale: Scale) -> Iterator[Result]:
    """All cores, as the product does; the rivals answer a few scenarios, times are for one."""
    before = load()
    many, each = (200, 100) if scale == QUICK else (SCENARIOS, FAILED)
    system = stock.snapshot(scale.n).system
    rng = np.random.default_rng(10)
    rows = np.concatenate([rng.choice(scale.n, each, replace=False) for _ in range(many)]).astype(np.int32)
    made = Scenarios([str(i) for i in range(many)], np.arange(many + 1, dtype=np.int64) * each, rows)
    worklist = Worklist(Flat(system))
    events = [rows[i * each : (i + 1) * each] for i in range(CHECKED)]
    sizes = [len(_steady(system, event)) for event in events]

    def checked(name: str, found: list[int]) -> None:
        if found != sizes[: len(found)]:
            raise Wrong(f"{name} loses {found}, the full fixpoint {sizes}")

    runs = [
        Contestant(
            "ours",
            lambda: screen(system, made),
            per=many,
            check=lambda a: checked("ours", a.table["assets"].to_pylist()[:CHECKED]),
            turns=2,
        ),
        Contestant(
            "Python dict worklist",
            lambda: [len(worklist.lost(event.tolist())) for event in events],
            per=CHECKED,
            check=lambda a: checked("worklist", a),
            turns=3,
        ),
        Contestant(
            "full compiled fixpoint",
            lambda: [len(_steady(system, event)) for event in events],
            per=CHECKED,
            check=lambda a: checked("fixpoint", a),
            turns=3,
        ),
    ]
    times = interleaved(runs, seconds=20.0)
    result = Result(
        "one of many scenarios screened",
        f"{scale.n:,} assets, {many:,} scenarios of {each:,} failures",
        f"{np.mean(sizes):,.0f} lost in one (mean of the first {CHECKED})",
        times.pop("ours"),
        list(times.values()),
        before=before,
    )
    words = f"{SCENARIOS:,} scenarios of {FAILED:,} in <= {MOST_S:g} s"
    result.ask_most(result.ours.median * many, MOST_S, words)
    result.notes.append(f"On {os.cpu_count()} cores, counts and sums by domain for every scenario.")
    yield result
