"""Which way to the cut sets of one asset: a diagram, a search, or runs in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from twin.errors import LimitExceeded
from twin.impact.cutsets.bdd import NodeLimit
from twin.impact.cutsets.chances import Chance, at_least, at_most, exact, rare_event
from twin.impact.cutsets.intime import cuts_in_time
from twin.impact.cutsets.minsol import minimal_solutions
from twin.impact.cutsets.search import Progress, Search
from twin.impact.cutsets.structure import Structure
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Floats

#: Sets in one answer at most.
MAX_SETS = 200_000
#: Nodes of a diagram where a search could do instead.
TRY_NODES = 150_000


@dataclass(frozen=True)
class Task:
    """What is sought.

    Attributes:
        row: the asset. rows: what it rests on, itself first. allowed: (n,) assets that may fail.
        order: sets of at most so many assets, None for all. horizon_s: in time, or None for the steady state.
        max_steps: cascades or runs at most. max_nodes: nodes of a diagram of all sets.
        until: monotonic seconds after which no further cascade or run is made.
    """

    system: System
    row: int
    rows: list[int]
    allowed: Bools
    order: int | None
    horizon_s: float | None
    max_steps: int
    max_nodes: int
    progress: Progress | None
    until: float = math.inf


@dataclass
class Found:
    """Cut sets as rows, and what they came from; ``counts`` by order, of all orders when *complete*."""

    method: str
    cuts: list[tuple[int, ...]]
    counts: list[int]
    complete: bool
    structure: Structure | None = None
    search: Search | None = None


def find(task: Task) -> Found:
    """The minimal cut sets.

    Steady: a small diagram is tried first; where it does not fit, the search finds the sets up to the order.

    Raises:
        LimitExceeded: too many sets, or too much work.
    """
    if task.horizon_s is not None:
        if task.order is None:
            raise LimitExceeded("in time the cut sets of all orders are too many to run", fix="Give an --order.")
        cuts = cuts_in_time(
            task.system,
            task.row,
            task.allowed,
            task.order,
            task.horizon_s,
            task.max_steps,
            task.progress,
            task.until,
        )
        return Found("runs", cuts, _counts(cuts, task.order), False)
    try:
        return _by_diagram(task)
    except NodeLimit as error:
        if task.order is None:
            raise LimitExceeded(
                f"all cut sets do not fit a diagram of {task.max_nodes:,} nodes ({error})",
                fix="Give an --order (1 to 3 are fast), or let fewer assets fail (--can-fail KIND).",
            ) from None
    search = Search(task.system, task.row, task.rows, task.allowed, task.max_steps, task.progress, task.until)
    search.run(task.order)
    _check_count(len(search.cuts))
    cuts = [tuple(search.rows(cut)) for cut in search.cuts]
    return Found("search", cuts, _counts(cuts, task.order), False, search=search)


def _by_diagram(task: Task) -> Found:
    limit = task.max_nodes if task.order is None else TRY_NODES
    structure = Structure(task.system, task.row, task.allowed, limit, task.rows)
    families, root = minimal_solutions(structure.diagrams, structure.root, limit)
    counts = families.counts(root)
    largest = len(counts) - 1 if task.order is None else task.order
    _check_count(sum(counts[: largest + 1]))
    cuts = [tuple(structure.events[i] for i in cut) for cut in families.sets(root, largest)]
    return Found("bdd", cuts, counts, True, structure=structure)


def _counts(cuts: Sequence[tuple[int, ...]], order: int) -> list[int]:
    found = [0] * (order + 1)
    for cut in cuts:
        found[len(cut)] += 1
    return found


def _check_count(number: int) -> None:
    if number > MAX_SETS:
        raise LimitExceeded(
            f"there are {number:,} minimal cut sets; one answer holds {MAX_SETS:,}",
            fix="Ask for a lower --order, or let fewer assets fail (--can-fail KIND).",
        )


def unavailability(task: Task, found: Found, likely: Bools, chance: Floats) -> Chance:
    """How likely the asset is down: exact where a diagram fits, else between two bounds.

    Args:
        likely: (n,) assets that can fail at random. chance: (n,) how likely, 0 for all others.
    """
    rare = rare_event(found.cuts, chance)
    structure = found.structure
    if structure is None:
        try:
            structure = Structure(task.system, task.row, likely, TRY_NODES, task.rows)
        except NodeLimit:
            p, slope = at_least(found.cuts, chance, TRY_NODES)
            paths, events = (found.search.paths, found.search.events) if found.search is not None else ([], [])
            return Chance(p, max(p, at_most(paths, events, chance, TRY_NODES)), rare, False, slope)
    p, slope = exact(structure.diagrams, structure.root, structure.events, chance)
    return Chance(p, p, rare, True, slope)
