"""One event put to a snapshot: chosen, run in time, judged; what all answers about an event begin with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from twin.errors import InvalidParameter
from twin.impact import verdicts as v
from twin.impact.events.causes import Causes
from twin.impact.events.event import Chosen, Event, check_named, choose
from twin.impact.events.places import Places
from twin.impact.events.replay import Replay
from twin.impact.region import Region, region_of
from twin.impact.result import ImpactResult, assemble
from twin.impact.system import System
from twin.impact.timeline import Run, Timeline
from twin.snapshot.arrays import Bools
from twin.snapshot.catalogue import Catalogue
from twin.snapshot.ids import id_table


@dataclass
class Asked:
    """An event and what it does, in the part of the twin that it can touch.

    Attributes:
        whole: the operating rules of the snapshot. names: its catalogue. part: what the event can touch.
        chosen: the assets of the event, as rows of the whole.
        failed: (r,) those of them that operated before, as a mask over the part. run, verdicts: design §4, of the part.
    """

    whole: System
    names: Catalogue
    part: Region
    chosen: Chosen
    failed: Bools
    run: Run
    verdicts: v.Verdicts

    @property
    def system(self) -> System:
        """The operating rules of the part: rows of the run and the verdicts are its rows."""
        return self.part.system

    @cached_property
    def catalogue(self) -> Catalogue:
        """Names and gates by rows of the part."""
        if self.part.rows is None:
            return self.names
        arrays = self.system.arrays
        id_hash, id_row = id_table(arrays.assets["id"])
        return Catalogue(replace(arrays, id_hash=id_hash, id_row=id_row))

    def impact(self) -> ImpactResult:
        """The impact answer of design §7."""
        return assemble(self.whole, self.part, self.chosen, self.run, self.verdicts)

    @cached_property
    def replay(self) -> Replay:
        """The run with its timers."""
        return Replay(self.system, self.failed, self.run)

    @cached_property
    def causes(self) -> Causes:
        """What set the time of each drop."""
        return Causes(self.replay, self.verdicts)


def ask(
    system: System,
    catalogue: Catalogue,
    places: Callable[[], Places],
    event: Event | Iterable[str],
    horizon_s: float | None,
    also: int | None = None,
) -> Asked:
    """Put an event to a snapshot.

    Args:
        system, catalogue, places: of the snapshot; places are asked only for a hazard.
        event: what fails. horizon_s: verdicts as of this many seconds, None for the end of all buffers.
        also: an asset that the answer is about, whether the event touches it or not.

    Raises:
        UnknownAsset, InvalidParameter: see :func:`.event.choose`; the horizon is negative or no number.
    """
    horizon = math.inf if horizon_s is None else float(horizon_s)
    if math.isnan(horizon) or horizon < 0:
        raise InvalidParameter(f"the horizon is {horizon_s}", fix="Give seconds from 0, or none for infinity.")
    chosen = choose(catalogue, places, event)
    if also is not None and not system.baseline[also]:
        part = Region(system, None)
    else:
        part = region_of(system, chosen.rows, None if also is None else np.array([also]))
    failed = part.flags(chosen.rows) & part.system.baseline
    run = Timeline(part.system, failed).run(horizon)
    return Asked(system, catalogue, part, chosen, failed, run, v.judge(part.system, failed, run))


def not_empty(asked: Asked) -> Asked:
    """*asked*, when anything was named; see :func:`.event.check_named`."""
    check_named(asked.chosen)
    return asked
