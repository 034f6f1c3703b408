"""What is one failure away after an event, and was not before."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from twin.errors import InvalidParameter
from twin.impact.cascade import Cascade
from twin.impact.events.event import Chosen, check_named
from twin.impact.failures import intime
from twin.impact.failures.criticality import L1_NOTE, MODEL_LEVEL, STEADY_NOTE, Progress, check_horizon
from twin.impact.failures.meeting import Bounds, meeting
from twin.impact.failures.regions import regions_of, upstream
from twin.impact.failures.views import after
from twin.impact.rests import Resting
from twin.impact.system import System, ranges
from twin.snapshot.arrays import Bools, Longs
from twin.snapshot.catalogue import Catalogue

NAMED = 100
#: Further failures that are run in one part of the twin: a larger part costs each run, a new one all of them.
TOGETHER = 16
WAY_OUT = (
    "Ask about a smaller event, for the end of all buffers (no horizon: few runs are needed), for the steady "
    "answer, or on the command line: twin exposed has a higher limit."
)


@dataclass(repr=False)
class ExposedResult(Resting):
    """What an event leaves one failure away from being lost.

    Attributes:
        event: ``failed`` ids and ``horizon_s``. mode: ``steady`` or ``timeline``.
        lost: how many assets the event itself takes down, its own included.
        exposed: one entry per asset, the most exposed first: ``id, kind, domain, name``, ``count`` further failures
            that would take it down and would not have before the event, and their ids in ``failures`` (at most as
            many as was asked for).
        tried: further failures that were tried. notes: caveats in words.
    """

    QUESTION: ClassVar[str] = "exposed"

    event: dict[str, Any]
    mode: str
    revision: int
    lost: int
    exposed: list[dict[str, Any]]
    tried: int
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "event": self.event,
            "mode": self.mode,
            "revision": self.revision,
            "model_level": self.model_level,
            "assumptions": self.assumptions,
            "lost": self.lost,
            "exposed": self.exposed,
            "tried": self.tried,
            "notes": self.notes,
        }


@dataclass(frozen=True)
class Options:
    """How to ask: steady, or in time up to a horizon; ``named`` failures per asset; runs times assets at most; seconds
    after which no further failure is tried.
    """

    timeline: bool = False
    horizon_s: float | None = None
    named: int = NAMED
    max_work: int = intime.MAX_WORK
    limit_s: float = math.inf


def exposed(
    catalogue: Catalogue,
    system: System,
    chosen: Chosen,
    options: Options | None = None,
    progress: Progress | None = None,
) -> ExposedResult:
    """Exactly the assets that one further failure would take down and would not have before the event.

    Args:
        chosen: the assets of the event. progress: told (done, total).

    An asset v is listed with a failure f when v survives the event and survives f alone, but not both. Steady by
    default: only failures that meet the event in a region of redundancy can matter (:mod:`.regions`).
    With ``timeline`` it is what is not working at the horizon: a run in time for each failure that can meet the event
    and that cascades do not settle (:mod:`.meeting`).

    Raises:
        InvalidParameter: no asset is named, or a negative number. LimitExceeded: more runs in time than allowed, or
            than there was time for.
    """
    options = options or Options()
    horizon, until = check_horizon(options.timeline, options.horizon_s), time.monotonic() + options.limit_s
    if options.named < 0:
        raise InvalidParameter(f"named is {options.named}", fix="Give a whole number from 0.")
    check_named(chosen)
    event = chosen.rows[system.baseline[chosen.rows]]
    tell = progress or (lambda done, total: None)
    if options.timeline:
        lost, tried, pairs = _in_time(system, event, horizon, options.max_work, until, tell)
    else:
        lost, tried, pairs = _steady(system, event, until, tell)
    notes = [L1_NOTE] if options.timeline else [L1_NOTE, STEADY_NOTE]
    idle = len(chosen.rows) - len(event)
    if idle:
        notes.append(f"{idle:,} asset(s) of the event were not operating before it and are not counted.")
    return ExposedResult(
        event=chosen.described(options.horizon_s),
        mode="timeline" if options.timeline else "steady",
        revision=system.arrays.revision,
        lost=lost,
        exposed=_listed(catalogue, pairs, options.named),
        tried=tried,
        notes=[*chosen.notes, *notes],
    )


def _steady(system: System, event: Longs, until: float, tell: Progress) -> tuple[int, int, list[tuple[int, Longs]]]:
    """Assets lost, failures tried, and (failure, assets newly lost to it)."""
    failed = np.zeros(system.n, bool)
    failed[event] = True
    left = after(system, failed)
    survives = left.baseline
    lost = np.flatnonzero(system.baseline & ~survives)
    further = np.flatnonzero(_may_matter(system, lost) & survives)
    before, then = Cascade(system), Cascade(left)
    one = np.ones((system.n, 1))
    many = then.singles(further.astype(np.int32), one)[:, 0]
    few = before.singles(further.astype(np.int32), survives[:, None].astype(np.float64))[:, 0]
    pairs: list[tuple[int, Longs]] = []
    matter = further[many > few + 0.5]
    for done, cause in enumerate(matter.tolist(), 1):
        intime.check_time(until, done - 1, len(matter), "This question", WAY_OUT)
        row = np.array([cause], np.int32)
        pairs.append((cause, np.setdiff1d(then.lost(row), before.lost(row)).astype(np.int64)))
        tell(done, len(matter))
    return len(lost), len(further), pairs


def _may_matter(system: System, lost: Longs) -> Bools:
    """(n,) what can take down an asset that shares a region of redundancy with *lost*."""
    regions = regions_of(system)
    touched = np.zeros(regions.count, bool)
    touched[regions.touched(lost)] = True
    sizes = np.diff(regions.ptr)
    near = np.repeat(np.arange(system.n), sizes)[touched[regions.region[ranges(regions.ptr, np.arange(system.n))]]]
    return upstream(system, np.unique(near))


def _in_time(
    system: System, event: Longs, horizon: float, max_work: int, until: float, tell: Progress
) -> tuple[int, int, list[tuple[int, Longs]]]:
    """As :func:`_steady`, at the horizon: runs only of failures that two cascades leave open (:mod:`.meeting`)."""
    first = intime.Part(system, event).lost(event, horizon)
    further = np.flatnonzero(system.baseline & ~first)
    bounds = Bounds(system, event, first, math.isinf(horizon))
    pairs: list[tuple[int, Longs]] = []
    open_: list[int] = []
    meets = meeting(system, event, further)
    for done, cause in enumerate(meets.tolist()):
        intime.check_time(until, done, len(meets), "This question", WAY_OUT)
        most, least = bounds.of(cause)
        if len(most) > len(least):
            open_.append(cause)
        elif len(least):
            pairs.append((cause, least))
    intime.check_work(2 * len(open_), system.n, max_work, "This question", WAY_OUT)
    for begin in range(0, len(open_), TOGETHER):
        causes = open_[begin : begin + TOGETHER]
        part = intime.Part(system, np.append(event, causes))
        for done, cause in enumerate(causes, begin + 1):
            intime.check_time(until, done - 1, len(open_), "This question", WAY_OUT)
            both = part.lost(np.append(event, cause), horizon) & ~first
            both[cause] = False
            new = np.flatnonzero(both)
            if len(new) and bounds.may_be_lost_alone(cause, new):
                new = np.flatnonzero(both & ~part.lost(np.array([cause]), horizon))
            if len(new):
                pairs.append((cause, new))
            tell(done, len(open_))
    return int(first.sum()), len(further), sorted(pairs, key=lambda pair: pair[0])


def _listed(catalogue: Catalogue, pairs: list[tuple[int, Longs]], named: int) -> list[dict[str, Any]]:
    causes: dict[int, list[int]] = {}
    for cause, rows in pairs:
        for row in rows.tolist():
            causes.setdefault(row, []).append(cause)
    order = sorted(causes, key=lambda row: (-len(causes[row]), row))
    entries = catalogue.brief(np.array(order, np.int64))
    for entry, row in zip(entries, order, strict=True):
        entry["count"] = len(causes[row])
        entry["failures"] = catalogue.ids(causes[row][:named])
    return entries
