"""What set the time of each drop: of all members that failed a gate, the last straw, and so on back to the event.

A gate is lost with the member that it could not do without, the latest to stop delivering. Following these from an
asset gives its critical chain: the losses and buffers whose times add up to when it dropped. Among members that
stopped at one instant the chain with the fewest steps is taken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from twin.impact.events.replay import NEVER, Replay
from twin.impact.losses import Losses
from twin.impact.verdicts import DEGRADED, FAILED, UNAFFECTED, Verdicts

EVENT, DOWN, RIDES, RISK, FUEL, OFF, IDLE, OPEN = "event", "down", "rides", "risk", "fuel", "off", "idle", "open"
#: What can be the last straw.
STOPPED = (EVENT, DOWN, RIDES, RISK, FUEL)


@dataclass(frozen=True)
class Node:
    """An asset at the time from which on it did not deliver (``RISK``: since when it is degraded or at risk)."""

    row: int
    time: float
    why: str


@dataclass
class Reason:
    """Why a node is so.

    Attributes:
        losses, places: the gates lost, as positions in ``losses``. gate: the one that decided, as a position, or None.
        since: when that one was lost; its buffer lasted from then on. straws: what it lost last.
        caller: who called a standby source that ran out of fuel.
    """

    losses: Losses | None = None
    places: list[int] = field(default_factory=list)
    gate: int | None = None
    since: float = 0.0
    straws: list[Node] = field(default_factory=list)
    caller: int | None = None


class Causes:
    """The causes within one run; reasons are found when asked for, and kept."""

    def __init__(self, replay: Replay, verdicts: Verdicts) -> None:
        self.replay, self.run, self.system = replay, replay.run, replay.system
        self.verdicts = verdicts
        self._reasons: dict[Node, Reason] = {}
        self._next: dict[Node, Node | None] = {}

    def start(self, row: int) -> Node:
        """The node that an asset's verdict rests on."""
        v = self.verdicts
        if v.verdict[row] == FAILED:
            return Node(row, 0.0, EVENT)
        if v.by_drop[row]:
            index = int(self.run.first_drop[row])
            return Node(row, float(self.run.drops[index].time_s), DOWN)
        if v.verdict[row] == UNAFFECTED:
            ride = self.replay.ride(row)
            return Node(row, ride.time_s, RIDES) if ride is not None else Node(row, 0.0, OPEN)
        since = self.run.degraded_since if v.verdict[row] == DEGRADED else self.run.risk_since
        return Node(row, float(since[row]) if np.isfinite(since[row]) else self.run.at_horizon.time_s, RISK)

    def reason(self, node: Node) -> Reason:
        """Why *node* is so."""
        if node not in self._reasons:
            self._reasons[node] = self._find(node)
        return self._reasons[node]

    def _find(self, node: Node) -> Reason:
        if node.why == DOWN:
            return self._of_losses(node, self.replay.drop(node.row, node.time))
        if node.why == RIDES:
            return self._riding(node)
        if node.why == RISK:
            return self._of_losses(node, self.verdicts.now)
        if node.why == FUEL:
            return self._called(node)
        return Reason()

    def _of_losses(self, node: Node, losses: Losses | None) -> Reason:
        if losses is None:
            return Reason()
        first, last = np.searchsorted(losses.owner, [node.row, node.row + 1]).tolist()
        found = Reason(losses, list(range(first, last)))
        if not found.places:
            return found
        options = [(self._lost_at(int(losses.gate[p]), node), p) for p in found.places]
        due = [o for o in options if node.why != DOWN or self._tripped(int(losses.gate[o[1]]), node)] or options
        found.since, found.gate = min(due, key=lambda o: (self._is_degrade(losses, o[1], node), o[0], o[1]))
        found.straws = self._straws(losses, found.gate, found.since)
        return found

    def _tripped(self, gate: int, node: Node) -> bool:
        """Whether no buffer was left for a gate when its owner went down."""
        spell = self.replay.spell_of(gate, node.time)
        return spell is None or spell.spent <= node.time

    def _lost_at(self, gate: int, node: Node) -> float:
        """When a gate was lost whose owner went down at *node*: a buffer ago, when the buffer has just been spent.

        Else it held until then on the buffers of its loop.
        """
        spell = self.replay.spell_of(gate, node.time) if node.why == DOWN else None
        if spell is not None and spell.spent == node.time:
            return node.time - float(self.system.gates.buffer_s[gate])
        return node.time

    def _is_degrade(self, losses: Losses, place: int, node: Node) -> bool:
        """Prefer the outage gates of what is at risk, and the degrade gates of what is degraded."""
        degraded = bool(self.verdicts.degraded[node.row]) and node.why == RISK
        return bool(self.system.gates.degrade[losses.gate[place]]) != degraded

    def _straws(self, losses: Losses, place: int, at: float) -> list[Node]:
        """The members that stopped last, of those that failed a gate at *at*."""
        members = losses.member[losses.ptr[place] : losses.ptr[place + 1]].tolist()
        nodes = [self.stopped(member, at) for member in members]
        known = [n for n in nodes if n.why in STOPPED]
        latest = max((n.time for n in known), default=0.0)
        return [n for n in known if n.time == latest] or nodes

    def stopped(self, row: int, at: float) -> Node:
        """Since when an asset does not deliver that failed somebody at *at*."""
        if self.replay.failed[row]:
            return Node(row, 0.0, EVENT)
        down = self.replay.down_since(row, at)
        if down is not None:
            return Node(row, down, DOWN)
        if self.system.arrays.standby[row] and not self.system.on_before[row]:
            off, on = float(self.run.off_at[row]), float(self.run.on_at[row])
            if off <= at:
                return Node(row, off, FUEL)
            if on > at:
                return Node(row, on, OFF if on < NEVER else IDLE)
        unfed = self._unfed(row, at)
        return Node(row, unfed, RIDES) if unfed is not None else Node(row, at, OPEN)

    def _unfed(self, row: int, at: float) -> float | None:
        """Since when a gate of a working asset is not fed that is not at *at*; None when all are."""
        g = self.system.gates
        own = range(int(g.own_ptr[row]), int(g.own_ptr[row + 1]))
        spells = [spell for gate in own if (spell := self.replay.spell_of(gate, at)) is not None]
        return max((spell.start for spell in spells), default=None)

    def _riding(self, node: Node) -> Reason:
        """Why a working asset is not fed: by the losses kept of the first time, later by the members of its gates."""
        ride = self.replay.ride(node.row)
        if ride is not None and ride.time_s == node.time:
            return self._of_losses(node, ride)
        g = self.system.gates
        found: list[Node] = []
        for gate in range(int(g.own_ptr[node.row]), int(g.own_ptr[node.row + 1])):
            if self.replay.spell_of(gate, node.time) is not None:
                members = g.member[g.ptr[gate] : g.ptr[gate + 1]].tolist()
                found += [n for n in (self.stopped(m, node.time) for m in members) if n.why in STOPPED]
        latest = max((n.time for n in found), default=0.0)
        return Reason(since=node.time, straws=[n for n in found if n.time == latest])

    def _called(self, node: Node) -> Reason:
        """Why a standby source that is spent ran at all: what its caller lacked when it called."""
        at = float(self.run.on_at[node.row] - self.system.arrays.start_delay_s[node.row])
        for owners, sources in self.run.callers:
            for owner in owners[sources == node.row].tolist():
                found = self._lacked(owner, node.row, at)
                if found.straws:
                    found.caller = owner
                    return found
        return Reason()

    def _lacked(self, owner: int, source: int, at: float) -> Reason:
        """What an asset lacked when it called *source*: by the losses of that instant, else by what is above it."""
        for losses in (self.replay.drop(owner, at), self.replay.ride(owner)):
            if losses is not None and losses.time_s == at:
                found = self._of_losses(Node(owner, at, RIDES), losses)
                found.straws = [n for n in found.straws if n.row != source]
                if found.straws:
                    return found
        return self._upstream(owner, source, at)

    def _upstream(self, owner: int, source: int, at: float) -> Reason:
        """The nearest that stopped above the gates with *source*, which was on at once so that nobody noticed."""
        g = self.system.gates
        gates = range(int(g.own_ptr[owner]), int(g.own_ptr[owner + 1]))
        services = {int(g.service[k]) for k in gates if source in g.member[g.ptr[k] : g.ptr[k + 1]]}
        level, seen = [owner], {owner, source}
        while level:
            above = [
                int(m)
                for v in level
                for k in range(int(g.own_ptr[v]), int(g.own_ptr[v + 1]))
                if int(g.service[k]) in services
                for m in g.member[g.ptr[k] : g.ptr[k + 1]]
            ]
            level = [m for m in dict.fromkeys(above) if m not in seen]
            seen.update(level)
            known = [n for n in (self.stopped(m, at) for m in level) if n.why in (EVENT, DOWN, FUEL)]
            if known:
                latest = max(n.time for n in known)
                return Reason(straws=[n for n in known if n.time == latest])
        return Reason()

    def chain(self, node: Node) -> list[Node]:
        """From *node* back to the event (or to where the causes end), *node* first."""
        self.trace([node])
        found = [node]
        while (then := self._next.get(found[-1])) is not None:
            found.append(then)
        return found

    def straw(self, node: Node) -> Node | None:
        """The next node of the chain, None at its end."""
        self.trace([node])
        return self._next.get(node)

    def trace(self, nodes: Iterable[Node]) -> None:
        """Find the chains of all *nodes*: everything they lead to, then breadth-first from where chains end."""
        queue = deque(dict.fromkeys(n for n in nodes if n not in self._next))
        seen = set(queue)
        back: dict[Node, list[Node]] = {}
        ends: list[Node] = []
        while queue:
            node = queue.popleft()
            straws = self.reason(node).straws
            for straw in straws:
                back.setdefault(straw, []).append(node)
                if straw not in seen and straw not in self._next:
                    seen.add(straw)
                    queue.append(straw)
            if not straws:
                ends.append(node)
        rank = {EVENT: 0, FUEL: 1, DOWN: 1}
        known = [n for n in back if n in self._next]
        fresh = deque(sorted([*ends, *known], key=lambda n: (rank.get(n.why, 2), n.row)))
        for node in ends:
            self._next[node] = None
        while fresh:
            node = fresh.popleft()
            for above in sorted(back.get(node, ()), key=lambda n: n.row):
                if above not in self._next:
                    self._next[above] = node
                    fresh.append(above)
        for node in seen:
            self._next.setdefault(node, None)
