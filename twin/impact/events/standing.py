"""How the gates of one asset stand at the horizon, and why an asset did not operate before any event."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.impact.affected import texts
from twin.impact.events.ask import Asked
from twin.impact.losses import delivering
from twin.impact.system import System
from twin.snapshot.arrays import Longs

SHOWN = 20
OUT, NEVER_HOLDS, LACKS, LOOP = "out_of_service", "never_holds", "lacks", "loop"


def gates_of(asked: Asked, row: int) -> list[dict[str, Any]]:
    """The gates of an asset at the horizon.

    Returns:
        Per gate ``service, group, effect, joined``, ``need``, ``size`` (members), ``have`` (that deliver), ``spare``
        (members to spare, None where the mesh counts none), ``holds``, and the ids ``delivering`` and ``lost``
        (delivered before the event and do not now), at most 20 of each.
    """
    system, g, moment = asked.system, asked.system.gates, asked.run.at_horizon
    waiting = system.arrays.standby & moment.working & ~asked.run.called
    found = []
    for gate in range(int(g.own_ptr[row]), int(g.own_ptr[row + 1])):
        at: Longs = np.arange(int(g.ptr[gate]), int(g.ptr[gate + 1]))
        members = g.member[at].astype(np.int64)
        on = delivering(system, moment, at)
        have = int(moment.evaluation.have[gate])
        extra = 0 if g.joined[gate] else int(waiting[members].sum())
        service, group = asked.catalogue.gate_name(gate)
        found.append(
            {
                "service": service,
                "group": group,
                "effect": "degrade" if g.degrade[gate] else "outage",
                "joined": bool(g.joined[gate]),
                "need": int(g.need[gate]),
                "size": int(g.size[gate]),
                "have": have,
                "spare": None if g.mesh[gate] else have + extra - int(g.need[gate]),
                "holds": bool(moment.evaluation.held[gate]),
                "delivering": texts(system, "id", members[on][:SHOWN]),
                "lost": texts(system, "id", members[~on & system.delivered_before[at]][:SHOWN]),
            }
        )
    return found


@dataclass
class Idle:
    """One asset on the way to why another did not operate before any event.

    Attributes:
        row: the asset. why: ``OUT`` (not in service), ``NEVER_HOLDS`` (a gate needs more members than there are),
            ``LACKS`` (a gate lacks members) or ``LOOP`` (it waits for the others, and nothing leads back to a source).
        gate: the gate that lacks, -1 without one. missing: members of it that do not deliver.
    """

    row: int
    why: str
    gate: int = -1
    missing: list[int] = field(default_factory=list)


def idle_chain(system: System, row: int) -> list[Idle]:
    """From an asset that did not operate before any event to what keeps it from it, by the fewest steps."""
    seen: dict[int, tuple[Idle, int | None]] = {}
    queue: deque[tuple[int, int | None]] = deque([(row, None)])
    last: int | None = None
    while queue:
        here, above = queue.popleft()
        if here in seen:
            continue
        idle = _idle(system, here)
        seen[here] = (idle, above)
        if idle.why in (OUT, NEVER_HOLDS) or (idle.why == LACKS and not idle.missing):
            last = here
            break
        queue.extend((m, here) for m in idle.missing if not system.baseline[m])
    if last is None:  # only assets that wait for each other
        return [Idle(i.row, LOOP, i.gate, i.missing) for i, _ in list(seen.values())[:SHOWN]]
    chain: list[Idle] = []
    step: int | None = last
    while step is not None:
        idle, above = seen[step]
        chain.append(idle)
        step = above
    return chain[::-1]


def _idle(system: System, row: int) -> Idle:
    g = system.gates
    if not system.arrays.in_service[row]:
        return Idle(row, OUT)
    own = np.arange(int(g.own_ptr[row]), int(g.own_ptr[row + 1]))
    broken = own[system.outage[own] & ~system.before.fed[own]]
    never = broken[g.need[broken] > g.size[broken]]
    if len(never):
        return Idle(row, NEVER_HOLDS, int(never[0]))
    found = Idle(row, LACKS)
    for gate in broken.tolist():
        at = np.arange(int(g.ptr[gate]), int(g.ptr[gate + 1]))
        missing = g.member[at][~system.delivered_before[at]].tolist()
        if found.gate < 0:
            found.gate, found.missing = gate, missing
        else:
            found.missing = [*found.missing, *missing]
    return found
