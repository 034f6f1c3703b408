"""The timed run of design §4 ("Time", steps 1 to 5), literally; see README.md for how each sentence was read."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tests.reference.steady import best_component, components, finite_standby, holds, operating
from tests.reference.system import Gate, System

MAX_INSTANTS = 20_000
Key = tuple[str, str, str]


@dataclass
class State:
    """Everything that holds at one moment of the run."""

    working: set[str]
    forever: set[str] = field(default_factory=set)
    called: dict[str, float] = field(default_factory=dict)  # standby source -> instant of the call
    timers: dict[Key, float] = field(default_factory=dict)  # lost gate -> since when

    def copy(self) -> State:
        return State(set(self.working), set(self.forever), dict(self.called), dict(self.timers))


@dataclass
class Delivery:
    """What delivers, per service: over directed links and over mesh links; and each gate's state."""

    directed: dict[str, set[str]]
    mesh: dict[str, set[str]]
    fed: set[Key]
    held: set[Key]


class Run:
    """The machine: a system, its state before the event, and the steps."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.order = {s: components(set(system.assets), system.arcs[s]) for s in system.grounded}
        self.before = operating(system, set(system.assets), finite_standby(system))
        while unfed := self._begin():
            self.before = operating(system, self.before - unfed, finite_standby(system))

    def _begin(self) -> set[str]:
        """Call the endless standby sources that the assets before the event lack; whose outage gates are not fed."""
        system = self.system
        self.start = State(working=set(self.before))
        while True:
            delivery = self.deliver(self.start, 0.0)
            lacking = {m for m in self.lacking(self.start, delivery) if system.assets[m].endurance == math.inf}
            if not lacking:
                break
            self.start.forever |= lacking
        self.start_delivery = delivery
        gates = [g for v in self.before for g in system.outage_gates(v)]
        return {g.consumer for g in gates if g.key not in delivery.fed}

    # -- step 1 -----------------------------------------------------------------------------------------

    def is_on(self, state: State, asset: str, now: float) -> bool:
        """Whether a standby source delivers now (every other asset is always on)."""
        a = self.system.assets[asset]
        if not a.standby or asset in state.forever:
            return True
        if asset not in state.called:
            return False
        on = state.called[asset] + a.start_delay
        return on <= now < on + a.endurance

    def buffer_left(self, state: State, gate: Gate, now: float) -> bool:
        """Whether the buffer of a gate that is not fed still has something left at *now*."""
        if not gate.outage:
            return False
        ride = self.system.assets[gate.consumer].ride[gate.service]
        return now < state.timers.get(gate.key, now) + ride

    def deliver(self, state: State, now: float) -> Delivery:
        active = {v for v in state.working if self.is_on(state, v, now)}
        found = Delivery({}, {}, set(), set())
        for service in self.system.services():
            if service in self.system.grounded:
                self._grounded(state, now, service, active, found)
            else:
                found.directed[service] = found.mesh[service] = active
                for gate in self._gates(service):
                    if self.holds(gate, found):
                        found.fed.add(gate.key)
        for gate in self.system.gates.values():
            if self.holds(gate, found):
                found.held.add(gate.key)
        return found

    def _gates(self, service: str) -> list[Gate]:
        return [g for g in self.system.gates.values() if g.service == service]

    def holds(self, gate: Gate, delivery: Delivery) -> bool:
        if gate.joined:
            return holds(self.system, gate, delivery.directed[gate.service])
        return not gate.impossible and len(self.delivering_members(gate, delivery)) >= gate.need

    def delivering_members(self, gate: Gate, delivery: Delivery) -> set[str]:
        if gate.joined:
            return best_component(self.system, gate, delivery.directed[gate.service])
        return (gate.directed & delivery.directed[gate.service]) | (gate.mesh & delivery.mesh[gate.service])

    def _grounded(self, state: State, now: float, service: str, active: set[str], found: Delivery) -> None:
        """Component by component, suppliers first: fed, riding, and what these hold together."""
        directed: set[str] = set()
        mesh: set[str] = set()
        found.directed[service], found.mesh[service] = directed, mesh

        def supported(v: str) -> bool:
            return all(self.holds(g, found) for g in self.system.gates_of[v] if g.service == service)

        def grow(inside: set[str]) -> None:
            """Least growth: what is held by what delivers so far delivers too."""
            while True:
                more = {v for v in inside - grown if supported(v)}
                if not more:
                    return
                grown.update(more)
                directed.update(more & active)
                mesh.update(more & active)

        for component in self.order[service]:
            inside = component & state.working
            grown: set[str] = set()
            grow(inside)
            for v in component:
                found.fed |= {g.key for g in self.system.gates_of[v] if g.service == service and self.holds(g, found)}
            riding = {
                v
                for v in inside - grown
                if all(
                    g.key in found.fed or self.buffer_left(state, g, now)
                    for g in self.system.gates_of[v]
                    if g.service == service
                )
            }
            directed.update(riding & active)
            grown |= riding
            grow(inside)

    # -- step 3 -----------------------------------------------------------------------------------------

    def lacking(self, state: State, delivery: Delivery) -> set[str]:
        """Standby sources that an outage gate of a working asset lacks and that were never called."""
        return {
            m
            for gate in self.system.gates.values()
            if gate.outage and gate.consumer in state.working and gate.key not in delivery.fed
            for m in gate.members
            if self.system.assets[m].standby and m not in state.called and m not in state.forever
        }

    # -- one instant ------------------------------------------------------------------------------------

    def settle(self, state: State, failed: set[str], now: float) -> Delivery:
        """Steps 1 to 5 at one instant; changes *state* and returns what delivers at its end."""
        system = self.system
        while True:
            delivery = self.deliver(state, now)
            back = {
                v
                for v in self.before - failed - state.working
                if not system.assets[v].manual_restart and all(g.key in delivery.held for g in system.outage_gates(v))
            }
            if back:
                self._forget(state, back)
                state.working |= back
                continue
            calls = self.lacking(state, delivery)
            state.called.update(dict.fromkeys(calls, now))
            if any(self.is_on(state, m, now) for m in calls):
                continue
            drop = {
                v
                for v in state.working
                if any(
                    g.key not in delivery.held and not self.buffer_left(state, g, now) for g in system.outage_gates(v)
                )
            }
            if drop:
                state.working -= drop
                self._forget(state, drop)
                continue
            break
        for v in state.working:
            for gate in system.outage_gates(v):
                if gate.key in delivery.fed:
                    state.timers.pop(gate.key, None)
                else:
                    state.timers.setdefault(gate.key, now)
        return delivery

    def _forget(self, state: State, assets: set[str]) -> None:
        for key in [k for k in state.timers if k[0] in assets]:
            del state.timers[key]

    def next_event(self, state: State, now: float) -> float:
        """The next instant at which a buffer is spent or a standby source goes on or off."""
        times: list[float] = []
        for (asset, service, _), since in state.timers.items():
            times.append(since + self.system.assets[asset].ride[service])
        for source, called in state.called.items():
            on = called + self.system.assets[source].start_delay
            times += [on, on + self.system.assets[source].endurance]
        return min((t for t in times if now < t < math.inf), default=math.inf)
