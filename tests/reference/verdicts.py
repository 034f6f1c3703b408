"""Verdicts, times, outages, flags and hops of one event, read off the timed run (design §4, "Verdicts")."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tests.reference.steady import holds
from tests.reference.system import Gate, System
from tests.reference.timed import MAX_INSTANTS, Delivery, Run, State


@dataclass
class Answer:
    """What the reference says of one asset."""

    verdict: str
    time_s: float
    outages: list[list[float | None]]
    flags: list[str] = field(default_factory=list)


@dataclass
class Moment:
    """The end of one instant."""

    time: float
    state: State
    delivery: Delivery


def history(run: Run, failed: set[str]) -> list[Moment]:
    """Every instant of the run to the end of time."""
    state = run.start.copy()
    state.working -= failed
    now, moments = 0.0, []
    while now < math.inf:
        delivery = run.settle(state, failed, now)
        moments.append(Moment(now, state.copy(), delivery))
        if len(moments) > MAX_INSTANTS:
            raise RuntimeError("the run does not end")
        now = run.next_event(state, now)
    return moments


class Verdicts:
    """All verdicts of one event at one horizon."""

    def __init__(self, system: System, failed: set[str], horizon: float = math.inf, run: Run | None = None) -> None:
        self.system, self.failed, self.horizon = system, failed, horizon
        self.run = run or Run(system)
        self.moments = history(self.run, failed)
        self.seen = [m for m in self.moments if m.time <= horizon]

    def answers(self) -> dict[str, Answer]:
        """Every asset that operated before and is not ``unaffected``."""
        found: dict[str, Answer] = {}
        for v in sorted(self.run.before):
            answer = self._answer(v)
            if answer.verdict != "unaffected":
                found[v] = answer
        return found

    def _answer(self, v: str) -> Answer:
        if v in self.failed:
            return Answer("failed", 0.0, [])
        outages = self._outages(v, self.seen)
        end = self.seen[-1]
        if v not in end.state.working:
            return Answer("down", outages[0][0] or 0.0, outages)
        times = {
            "interrupted": outages[0][0] if outages else None,
            "degraded": self._since(v, self._degraded),
            "at_risk": self._risk_time(v),
        }
        flags = [flag for flag, time in times.items() if time is not None]
        if not flags:
            return Answer("unaffected", 0.0, [])
        return Answer(flags[0], times[flags[0]] or 0.0, outages, flags)

    def _outages(self, v: str, moments: list[Moment]) -> list[list[float | None]]:
        found: list[list[float | None]] = []
        up = True
        for m in moments:
            if up and v not in m.state.working:
                found.append([m.time, None])
            if not up and v in m.state.working:
                found[-1][1] = m.time
            up = v in m.state.working
        return found

    def _since(self, v: str, test) -> float | None:  # type: ignore[no-untyped-def]
        """Since when *test* is true without a break up to the horizon, or None when it is not true there."""
        since = None
        for m in self.seen:
            if v in m.state.working and test(v, m):
                since = m.time if since is None else since
            else:
                since = None
        return since

    def _degraded(self, v: str, m: Moment) -> bool:
        return any(
            not g.outage and g.key in self.run.start_delivery.held and g.key not in m.delivery.held
            for g in self.system.gates_of[v]
        )

    def _risk_time(self, v: str) -> float | None:
        later = [o for o in self._outages(v, self.moments) if o[0] is not None and o[0] > self.horizon]
        if later:
            return later[0][0]
        return self._since(v, self._at_risk)

    def _at_risk(self, v: str, m: Moment) -> bool:
        for g in self.system.outage_gates(v):
            if g.key not in m.delivery.fed:
                return True
            if not self._holds_without_called(g, m):
                return True
            had_spare = not g.mesh and self._spare(g, self.run.start, self.run.start_delivery) > 0
            if had_spare and self._spare(g, m.state, m.delivery) <= 0:
                return True
        return False

    def _holds_without_called(self, g: Gate, m: Moment) -> bool:
        called = set(m.state.called)
        if g.joined:
            return holds(self.system, g, m.delivery.directed[g.service] - called)
        return len(self.run.delivering_members(g, m.delivery) - called) >= g.need

    def _spare(self, g: Gate, state: State, delivery: Delivery) -> int:
        idle = (
            set()
            if g.joined
            else {
                x
                for x in g.members & state.working
                if self.system.assets[x].standby and x not in state.called and x not in state.forever
            }
        )
        return len(self.run.delivering_members(g, delivery) | idle) - g.need
