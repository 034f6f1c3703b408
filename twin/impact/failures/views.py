"""The same gates with another starting point: after an event, or without standby sources that wait for a call."""

from __future__ import annotations

from twin.impact.system import System
from twin.snapshot.arrays import Bools


class View(System):
    """A system whose operating state before the event is another one.

    Cascades of a view start from *start* and count *silent* as delivering nothing; gates and arrays are shared.
    """

    def __init__(self, system: System, start: Bools, silent: Bools) -> None:
        """Args: system: the rules. start: (n,) a set that operates with *silent*. silent: (n,) deliver nothing."""
        super().__init__(system.arrays)
        self.finite = silent
        self._before = start
        self._on = system.on_before

    @property
    def baseline(self) -> Bools:
        """(n,) where cascades start."""
        return self._before

    @property
    def on_before(self) -> Bools:
        """(n,) endless standby sources that are on for ever, as in the system itself."""
        return self._on


def after(system: System, failed: Bools) -> View:
    """The steady state after an event, as the start of further failures.

    The operating set is the greatest one inside what is left, so cascades from it lose what both events together
    lose beyond the first.
    """
    return View(system, system.steady(failed), system.finite)


def uncalled(system: System) -> View:
    """The baseline where no standby source delivers that an event would first have to call.

    What a cascade of this view keeps never drops in a run in time: its gates hold among the assets it keeps, without
    buffers and without anything that has to start. So it bounds from above what the run can lose at any time.
    """
    return View(system, system.baseline, system.arrays.standby & ~system.on_before)
