"""The proof in sentences, as a planner would write them."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.durations import exact
from twin.impact.events.ask import Asked
from twin.impact.events.causes import DOWN, EVENT, FUEL, IDLE, OFF, RIDES, RISK, Node, Reason
from twin.impact.events.standing import LOOP, NEVER_HOLDS, OUT, Idle
from twin.snapshot.arrays import Longs

NAMED = 3


class Words:
    """Sentences about one answer.

    Args:
        asked: the event and what it does.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.gates = asked.system.gates

    def name(self, row: int) -> str:
        """An asset as it is called: id, and its name where that says more."""
        brief = self.asked.catalogue.brief(_one(row))[0]
        return (
            f"{brief['id']} ({brief['name']})" if brief["name"] and brief["name"] != brief["id"] else str(brief["id"])
        )

    def gate(self, gate: int) -> str:
        """A gate as it is called."""
        service, group = self.asked.catalogue.gate_name(gate)
        return f"{service} gate" if service == group else f"{service} gate {group!r}"

    def verdict(self, row: int, verdict: str) -> str:
        """What becomes of an asset, in one sentence."""
        horizon, v = self.asked.run.horizon_s, self.asked.verdicts
        who, time = self.name(row), float(v.time_s[row])
        spells = v.outages.get(row, [])
        ends = ", ".join(
            f"from {exact(a)} to {exact(b)}" if b is not None else f"from {exact(a)} on" for a, b in spells
        )
        said = {
            "failed": f"{who} fails in the event.",
            "down": f"{who} is down {ends}.",
            "interrupted": f"{who} is interrupted: down {ends}, and back.",
            "degraded": f"{who} works, but degraded.",
            "at_risk": f"{who} works, but is at risk.",
            "unaffected": f"{who} is unaffected.",
        }[verdict]
        if verdict == "at_risk" and time > horizon:
            said = f"{who} works after {exact(horizon)}, but will go down at {exact(time)}."
        return said

    def step(self, node: Node, reason: Reason) -> str:
        """One step of the chain: when, which gate, need and have, who failed it."""
        who, at = self.name(node.row), exact(node.time)
        if node.why == EVENT:
            return f"{who} fails in the event."
        if node.why == FUEL:
            return self._fuel(node, reason)
        if node.why == OFF:
            return f"{who} is a standby source that comes on at {at}."
        if node.why == IDLE:
            return f"{who} is a standby source that nobody called."
        lost = self._lost(node, reason)
        if not lost and node.why == RIDES:
            return f"{who} works on its buffer from {at} on."
        if not lost:
            return f"{who} does not deliver at {at}."
        if node.why == DOWN:
            return f"{who} goes down at {at}: {lost}{self._lasted(node, reason)}."
        if node.why == RIDES:
            return f"{who} works on its buffer from {at} on: {lost}."
        assert node.why == RISK
        return f"{who}: {lost}{self._risk(reason)}."

    def _lost(self, node: Node, reason: Reason) -> str:
        if reason.losses is None or reason.gate is None:
            return ""
        losses, place = reason.losses, reason.gate
        gate = int(losses.gate[place])
        members = losses.member[losses.ptr[place] : losses.ptr[place + 1]].tolist()
        states = [self._state(self.asked.causes.stopped(m, reason.since)) for m in members[:NAMED]]
        more = f" and {len(members) - NAMED:,} more" if len(members) > NAMED else ""
        have, need, size = int(losses.have[place]), int(self.gates.need[gate]), int(self.gates.size[gate])
        others = len(reason.places) - 1
        beside = f" ({others} more of its gates lost too)" if others and node.why == DOWN else ""
        apart = " joined" if self.gates.joined[gate] else ""
        short = f"its {self.gate(gate)} has {have}{apart} of the {need} it needs ({size} in all)"
        return f"{short} without {', '.join(states)}{more}{beside}"

    def _state(self, node: Node) -> str:
        said = {
            EVENT: "in the event",
            DOWN: f"down since {exact(node.time)}",
            FUEL: f"out of fuel since {exact(node.time)}",
            OFF: f"off until {exact(node.time)}",
            IDLE: "not called",
            RIDES: f"on its buffer since {exact(node.time)}",
        }.get(node.why)
        called = str(self.asked.catalogue.ids([node.row])[0])
        return f"{called} ({said})" if said else called

    def _lasted(self, node: Node, reason: Reason) -> str:
        if node.time == reason.since:
            return ""
        lasted = exact(node.time - reason.since)
        return f"; its buffer of {lasted} lasted from {exact(reason.since)} to {exact(node.time)}"

    def _risk(self, reason: Reason) -> str:
        """What makes a gate that holds a risk."""
        assert reason.losses is not None
        assert reason.gate is not None
        gate = int(reason.losses.gate[reason.gate])
        evaluation = self.asked.run.at_horizon.evaluation
        if self.gates.degrade[gate]:
            return ": it works on without"
        if not evaluation.held[gate]:
            return "; it lives on its buffer"
        if not evaluation.fed[gate]:
            return "; it lives on the buffers of its loop"
        on = self.asked.run.called & ~self.asked.system.on_before
        members = self.gates.member[self.gates.ptr[gate] : self.gates.ptr[gate + 1]]
        called = [int(m) for m in members if on[m]]
        if called:
            return f"; it holds with the standby source {', '.join(self.name(m) for m in called[:NAMED])}"
        return "; none is left to spare"

    def _fuel(self, node: Node, reason: Reason) -> str:
        run, arrays = self.asked.run, self.asked.system.arrays
        on = float(run.on_at[node.row])
        called = exact(on - float(arrays.start_delay_s[node.row]))
        by = f" by {self.name(reason.caller)}" if reason.caller is not None else ""
        who = self.name(node.row)
        return f"{who} runs out of fuel at {exact(node.time)}: called at {called}{by}, on from {exact(on)}."

    def holds(self, gate: dict[str, Any]) -> str:
        """How a gate of an asset that survives stands."""
        same = gate["service"] == gate["group"]
        name = f"{gate['service']} gate" if same else f"{gate['service']} gate {gate['group']!r}"
        spare = gate["spare"]
        room = "" if spare is None else ", none to spare" if spare <= 0 else f", {spare} to spare"
        lost = f"; lost: {', '.join(gate['lost'][:NAMED])}" if gate["lost"] else ""
        verb = "holds" if gate["holds"] else "does not hold"
        joined = " up and joined" if gate["joined"] else " deliver"
        return f"Its {name} {verb}: {gate['have']} of {gate['size']}{joined}, {gate['need']} needed{room}{lost}."

    def idle(self, idle: Idle) -> str:
        """Why an asset did not operate before the event, one step."""
        who = self.name(idle.row)
        if idle.why == OUT:
            status = self.asked.catalogue.asset(idle.row)["properties"].get("status", "not in service")
            return f"{who} is not in service (status {status})."
        if idle.why == NEVER_HOLDS:
            need, size = int(self.gates.need[idle.gate]), int(self.gates.size[idle.gate])
            if size == 0:
                return f"All members of the {self.gate(idle.gate)} of {who} are planned: it never holds."
            return f"The {self.gate(idle.gate)} of {who} needs {need} of {size} members: it never holds."
        if idle.gate < 0:
            return f"{who} would run only through a standby source that nothing calls."
        missing = ", ".join(self.name(m) for m in idle.missing[:NAMED])
        more = f" and {len(idle.missing) - NAMED:,} more" if len(idle.missing) > NAMED else ""
        said = f"The {self.gate(idle.gate)} of {who} lacks {missing or 'a supplier'}{more}"
        return f"{said}; these wait for each other and lead back to no source." if idle.why == LOOP else f"{said}."


def _one(row: int) -> Longs:
    return np.array([row], np.int64)
