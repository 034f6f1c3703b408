"""Contestants in turn on the same clock: medians and minima, and who else was on the machine."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Seconds that all turns of one contestant may take together, and most turns.
SECONDS, TURNS = 4.0, 15


@dataclass
class Contestant:
    """Somebody who gives the same answer.

    Attributes:
        name: who. run: gives the answer. per: answers that one run gives; times are divided by it.
        check: called outside the clock with what the first turn gave; raises :class:`Wrong` for another answer.
        turns: most turns. note: what to know about it.
    """

    name: str
    run: Callable[[], Any]
    per: int = 1
    check: Callable[[Any], None] | None = None
    turns: int = TURNS
    note: str = ""


@dataclass
class Times:
    """Seconds for one answer: all turns, in order. ``wrong`` is why the answer does not count, if it does not.

    ``cpu`` are seconds of the processor (all threads): they say what a busy machine hides.
    """

    name: str
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    wrong: str = ""
    note: str = ""

    @property
    def median(self) -> float:
        """Of all turns."""
        return statistics.median(self.seconds)

    @property
    def least(self) -> float:
        """Of all turns."""
        return min(self.seconds)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "median_s": self.median if self.seconds else None,
            "min_s": self.least if self.seconds else None,
            "cpu_s": min(self.cpu) if self.cpu else None,
            "turns": len(self.seconds),
            "wrong": self.wrong,
            "note": self.note,
        }


class Wrong(Exception):
    """A contestant gave another answer than ours."""


def interleaved(contestants: Sequence[Contestant], seconds: float = SECONDS) -> dict[str, Times]:
    """Run all in turn, the first of each turn another one, until each has had its *seconds* or its turns.

    The first turn of each is checked; it counts only if it was the only one (it may compile or fill caches).
    """
    times = {c.name: Times(c.name, note=c.note) for c in contestants}
    first: dict[str, tuple[float, float]] = {}
    for c in contestants:
        *took, answer = _one(c)
        first[c.name] = took[0], took[1]
        if c.check is not None:
            try:
                c.check(answer)
            except Wrong as wrong:
                times[c.name].wrong = str(wrong)
        del answer
    turn = 0
    waiting = list(contestants)
    while waiting:
        at = turn % len(waiting)
        for c in waiting[at:] + waiting[:at]:
            if not times[c.name].seconds and (first[c.name][0] * c.per > seconds or c.turns == 1):
                took = first[c.name]
            else:
                took = _one(c)[:2]
            times[c.name].seconds.append(took[0])
            times[c.name].cpu.append(took[1])
        waiting = [c for c in waiting if _again(times[c.name].seconds, c, seconds)]
        turn += 1
    return times


def _again(had: list[float], c: Contestant, seconds: float) -> bool:
    return len(had) < c.turns and (sum(had) + had[-1]) * c.per <= seconds


def _one(c: Contestant) -> tuple[float, float, Any]:
    began, spent = time.perf_counter(), time.process_time()
    answer = c.run()
    return (time.perf_counter() - began) / c.per, (time.process_time() - spent) / c.per, answer


def load() -> float:
    """Load average of the last minute: how many wanted a core, ourselves included."""
    return round(os.getloadavg()[0], 2)
