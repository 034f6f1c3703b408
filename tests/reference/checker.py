"""A proof checker: takes the tables and an impact answer, and re-verifies every affected asset in linear time.

It knows nothing of how answers are found. From the answer it reads when each asset was down; from the tables, who
the members of a gate are. Where the answer alone cannot say whether a member delivered (a standby source, an asset
that may live on its buffer, an asset that dropped at the very instant), both are allowed; all else is exact.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from tests.reference.system import Gate, System

NO, MAYBE, YES = "no", "maybe", "yes"
FLAGS = ("interrupted", "degraded", "at_risk")


class ProofError(AssertionError):
    """The answer does not prove what it says."""


def need(condition: object, *why: object) -> None:
    """Raise ProofError unless *condition*."""
    if not condition:
        raise ProofError(" ".join(str(w) for w in why))


def check(system: System, answer: dict[str, Any], baseline_down: set[str]) -> None:
    """Raise ProofError when an affected asset of *answer* is not proven by it.

    Args:
        system: the tables. answer: ``to_dict()`` of an impact result. baseline_down: ids down before the event.
    """
    Checker(system, answer, baseline_down).run()


class Checker:
    """One answer under examination."""

    def __init__(self, system: System, answer: dict[str, Any], baseline_down: set[str]) -> None:
        self.system = system
        horizon = answer["event"]["horizon_s"]
        self.horizon = math.inf if horizon is None else float(horizon)
        self.event = set(answer["event"]["failed"])
        self.entries: dict[str, dict[str, Any]] = {a["id"]: a for a in answer["affected"]}
        self.summary = answer["summary"]
        self.idle = baseline_down | {a.id for a in system.assets.values() if not a.in_service}
        self.standby = {s["id"]: s for s in answer.get("standby", [])}
        need(len(self.entries) == len(answer["affected"]), "an asset is listed twice")

    def run(self) -> None:
        need(
            {v for v, a in self.entries.items() if a["verdict"] == "failed"} == self.event - self.idle,
            "failed is not the event",
        )
        need(not self.idle & set(self.entries), "an asset that was not operating is listed")
        for name, entry in self.entries.items():
            self._verdict(name, entry)
            if entry["verdict"] != "failed":
                self._losses(name, entry)
        self._chains()
        self._counts()

    # -- verdict against outages ------------------------------------------------------------------------

    def _verdict(self, name: str, a: dict[str, Any]) -> None:
        spells = a["outages"]
        ends = [t for spell in spells for t in spell]
        need(None not in ends[:-1], name, "an open outage is not the last")
        need(ends == sorted(ends, key=lambda t: math.inf if t is None else t), name, "outages overlap", spells)
        need(all(t is None or 0 <= t <= self.horizon for t in ends), name, "an outage lies beyond the horizon")
        is_down = bool(ends) and ends[-1] is None
        if a["verdict"] in ("failed", "down"):
            need(a["flags"] == [], name, "flags of an asset that does not work")
            need(is_down == (a["verdict"] == "down"), name, a["verdict"], spells)
        else:
            need(a["flags"] and a["flags"] == [f for f in FLAGS if f in a["flags"]], name, "flags", a["flags"])
            need(a["verdict"] == a["flags"][0], name, "the verdict is not the first flag")
            need(not is_down and bool(ends) == ("interrupted" in a["flags"]), name, a["flags"], spells)
        if a["verdict"] in ("down", "interrupted"):
            need(a["time_s"] == ends[0], name, "time_s is not the first drop")
        if a["verdict"] == "failed":
            need(a["time_s"] == 0 and a["hop"] == 0, name, "failed at 0, hop 0")

    # -- gates recounted --------------------------------------------------------------------------------

    def _losses(self, name: str, a: dict[str, Any]) -> None:
        need(a["lost"], name, "affected without a lost gate")
        verdict = a["verdict"]
        if verdict in ("down", "interrupted"):
            moments = [float(a["time_s"])]
        elif verdict == "at_risk" and a["time_s"] > self.horizon:
            moments = [self.horizon, float(a["time_s"])]
        else:
            moments = [self.horizon]
        problems = [self._losses_at(name, a, t) for t in moments]
        need(None in problems, name, problems)
        if verdict in ("down", "interrupted"):
            need(any(self._tripped(name, loss, a["time_s"]) for loss in a["lost"]), name, "no gate explains the drop")
        if verdict == "degraded":
            gates = [self._gate(name, loss) for loss in a["lost"] if loss["have"] < loss["need"]]
            need(any(not g.outage for g in gates), name, "no degrade gate is lost")

    def _tripped(self, name: str, loss: dict[str, Any], time: float) -> bool:
        gate = self._gate(name, loss)
        buffer = self.system.assets[name].ride[gate.service]
        return gate.outage and loss["have"] < loss["need"] and buffer <= time

    def _gate(self, name: str, loss: dict[str, Any]) -> Gate:
        gate = self.system.gates.get((name, loss["service"], loss["group"]))
        need(gate is not None, name, "has no gate", loss["service"], loss["group"])
        assert gate is not None
        need(gate.need == loss["need"], name, "need is", gate.need, "not", loss["need"])
        return gate

    def _losses_at(self, name: str, a: dict[str, Any], time: float) -> str | None:
        """What is wrong with the lost gates when they are read at *time*, or None."""
        for loss in a["lost"]:
            gate = self._gate(name, loss)
            failed = set(loss["failed_members"])
            states = {m: self.state(m, gate, time) for m in gate.members}
            if not failed:
                return f"{name}: nobody failed gate {gate.key}"
            if not gate.joined and not failed <= gate.members:
                return f"{name}: {failed - gate.members} are no members"
            for m in failed:
                if states.get(m, self.state(m, gate, time)) == YES:
                    return f"{name}: {m} did not fail gate {gate.key} at {time}"
            sure = sum(s == YES for s in states.values())
            possible = sum(s != NO for m, s in states.items() if m not in failed)
            low = 0 if gate.joined else sure
            if not low <= loss["have"] <= possible:
                return f"{name}: {gate.key} has {loss['have']}, recounted {low} to {possible} at {time}"
        return None

    def state(self, member: str, gate: Gate, time: float) -> str:
        """Whether *member* delivers to *gate* at *time*, as far as the answer says."""
        asset = self.system.assets[member]
        if member in self.event or member in self.idle:
            return NO
        entry = self.entries.get(member, {})
        for start, end in entry.get("outages", []):
            stop = math.inf if end is None else end
            if time in (start, end):
                return MAYBE
            if start <= time < stop or (end is None and time == math.inf):
                return NO if time <= self.horizon else MAYBE
        if time > self.horizon and entry:
            return MAYBE
        if asset.standby:
            call = self.standby.get(member)
            spent = call is not None and call["off_s"] is not None and call["off_s"] <= time
            return NO if spent or (call is not None and call["on_s"] > time) else MAYBE
        if gate.service in self.system.grounded:
            own = [g for g in self.system.gates_of[member] if g.service == gate.service]
            if any(not g.outage for g in own):
                return MAYBE
            if "at_risk" in entry.get("flags", []) and own:
                return MAYBE  # in a loop that lives on buffers: works, but does not feed
            if member not in gate.directed and own and asset.ride[gate.service] > 0:
                return MAYBE
        return YES

    # -- chains and counts ------------------------------------------------------------------------------

    def _chains(self) -> None:
        """Breadth first along failed members: every affected asset is reached, with the stated hop.

        A standby source that is not affected itself is reached from those that called it. What the answer does not
        list cannot be followed (see ``_vague``): there, and below, a hop only has to be possible.
        """
        leads_to: dict[str, list[str]] = {}
        for name, a in self.entries.items():
            for loss in a["lost"]:
                for m in loss["failed_members"]:
                    leads_to.setdefault(m, []).append(name)
        for name, call in self.standby.items():
            for caller in call["called_by"] if name not in self.entries else []:
                leads_to.setdefault(caller, []).append(name)
        hop = reach(leads_to, dict.fromkeys(self.event - self.idle, 0))
        vague = {v for v, a in self.entries.items() if a["verdict"] != "failed" and self._vague(a, hop)}
        loose = reach(leads_to, dict.fromkeys(vague, 0))
        for name, a in self.entries.items():
            if name in loose:
                need(a["hop"] is None or a["hop"] > 0, name, "hop", a["hop"])
            else:
                need(name in hop, name, "has no chain back to the event")
                need(hop[name] == a["hop"], name, "hop is", hop[name], "not", a["hop"])

    def _vague(self, a: dict[str, Any], hop: dict[str, int]) -> bool:
        """Whether the reasons of an entry lie outside the answer.

        That is so after the horizon, for a member that was lost for a while and is unaffected again, and for one
        that worked without delivering and dropped later for another reason.
        """
        if a["verdict"] == "at_risk" and a["time_s"] > self.horizon:
            return True
        dropped = a["verdict"] in ("down", "interrupted")
        for m in {m for loss in a["lost"] for m in loss["failed_members"]}:
            entry = self.entries.get(m)
            if entry is None and m not in hop:
                return True
            if entry and dropped and entry["time_s"] > a["time_s"]:
                return True
        return False

    def _counts(self) -> None:
        counted: dict[str, dict[str, int]] = {}
        for a in self.entries.values():
            counts = counted.setdefault(a["domain"], {})
            counts[a["verdict"]] = counts.get(a["verdict"], 0) + 1
        for domain, counts in self.summary.items():
            need({k: c for k, c in counts.items() if c} == counted.pop(domain, {}), "summary of", domain)
        need(not counted, "summary lacks", counted)


def reach(leads_to: dict[str, list[str]], start: dict[str, int]) -> dict[str, int]:
    """Steps from *start* to everything it leads to."""
    found, queue = dict(start), deque(start)
    while queue:
        here = queue.popleft()
        for v in leads_to.get(here, []):
            if v not in found:
                found[v] = found[here] + 1
                queue.append(v)
    return found
