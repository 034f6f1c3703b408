"""k-of-n cascade with a fifth of everything failed, beside a Python worklist and a numpy fixpoint."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench import stock
from bench.clock import Contestant, interleaved, load
from bench.gates import Fixpoint, Flat, Worklist
from bench.parts import Scale
from bench.parts.events import Rows, same
from bench.result import Result
from twin.impact.cascade import Cascade

SHARE = 0.2


def measure(scale: Scale) -> Iterator[Result]:
    """Gates alone, then with grounded meshes and circuits over the transport mesh."""
    for meshes in (False, True):
        yield _one(scale.n, meshes)


def _one(n: int, meshes: bool) -> Result:
    before = load()
    system = stock.snapshot(n, meshes).system
    cascade = Cascade(system)
    flat = Flat(system)
    worklist, fixpoint = Worklist(flat), Fixpoint(flat)
    seeds = np.sort(np.random.default_rng(20).choice(n, int(n * SHARE), replace=False)).astype(np.int32)
    failed = np.zeros(n, bool)
    failed[seeds] = True
    listed = seeds.tolist()
    lost = cascade.lost(seeds)

    def checked(name: str, found: Rows) -> None:
        same([lost], [found], name)

    made = interleaved(
        [
            Contestant("ours", lambda: cascade.lost(seeds), check=lambda a: checked("ours", a)),
            Contestant(
                "Python dict worklist",
                lambda: worklist.lost(listed),
                check=lambda a: checked("worklist", np.array(sorted(a))),
                turns=3,
            ),
            Contestant(
                "numpy fixpoint",
                lambda: fixpoint.lost(seeds),
                check=lambda a: checked("numpy", np.flatnonzero(a)),
                turns=5,
            ),
            Contestant(
                "full compiled fixpoint",
                lambda: system.steady(failed),
                check=lambda a: checked("fixpoint", np.flatnonzero(system.baseline & ~a)),
            ),
        ],
        seconds=20.0,
    )
    result = Result(
        "k-of-n cascade, 20 % fail" + ("" if meshes else ", gates alone"),
        f"{n:,} assets, {len(flat.member):,} memberships",
        f"{len(lost):,} lost",
        made.pop("ours"),
        list(made.values()),
        before=before,
    )
    result.ask_ratio("Python dict worklist", 40.0, ">= 40x the Python worklist")
    result.ask_ratio("numpy fixpoint", 6.0, ">= 6x a numpy fixpoint")
    return result
