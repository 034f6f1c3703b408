"""Lost redundancy and lost control at one moment (design §4, Verdicts)."""

from __future__ import annotations

import numpy as np

from twin.impact.losses import Moment, delivering
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Ints


def lost_control(system: System, moment: Moment) -> Bools:
    """(m,) ``degrade`` gates of working assets that held before the event and do not now."""
    gates = system.gates
    lost: Bools = gates.degrade & system.before.held & ~moment.evaluation.held & moment.working[gates.owner]
    return lost


def risky_gates(system: System, moment: Moment, called: Bools) -> Bools:
    """(m,) outage gates of working assets that put them at risk.

    A gate does when it is not fed, when it would not hold if the standby sources that the event called delivered
    nothing, or when it had a member to spare before and has none now (directed gates only).

    Args:
        moment: who works and what holds. called: (n,) standby sources called up to then.
    """
    gates = system.gates
    own = system.outage & moment.working[gates.owner]
    spare = _spare(system, moment.evaluation.have, moment.working, called)
    spare_gone = ~gates.mesh & (spare_before(system) > 0) & (spare <= 0)
    risky: Bools = own & (~moment.evaluation.fed | _leaning(system, moment, called) | spare_gone)
    return risky


def spare_before(system: System) -> Ints:
    """(m,) members to spare before any event."""
    return _spare(system, system.before.have, system.baseline, system.on_before)


def _spare(system: System, have: Ints, working: Bools, called: Bools) -> Ints:
    """(m,) members that deliver, plus working standby members not called yet, minus need."""
    gates = system.gates
    waiting = system.arrays.standby & working & ~called
    extra = np.bincount(system.gate_of_member[waiting[gates.member]], minlength=system.m)
    return np.asarray(have + np.where(gates.joined, 0, extra) - gates.need, np.int32)


def _leaning(system: System, moment: Moment, called: Bools) -> Bools:
    """(m,) gates that hold, but not without their own members that the event called."""
    on = system.arrays.standby & called & ~system.on_before & ~moment.silent
    if not on.any():
        return np.zeros(system.m, bool)
    gates = system.gates
    at = np.flatnonzero(on[gates.member])
    at = at[delivering(system, moment, at)]
    fewer = np.bincount(system.gate_of_member[at], minlength=system.m)
    have = moment.evaluation.have
    lean: Bools = (have >= gates.need) & (have - fewer < gates.need)
    return lean
