"""Why an asset has its verdict: the proof as a readable chain and as a graph."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np

from twin.durations import exact
from twin.impact import verdicts as v
from twin.impact.affected import affected, rode, seconds
from twin.impact.events.ask import Asked
from twin.impact.events.standing import gates_of, idle_chain
from twin.impact.events.story import chains
from twin.impact.events.words import Words
from twin.impact.rests import Resting
from twin.impact.result import MODEL_LEVEL
from twin.snapshot.arrays import Longs

#: Assets of one proof at most; the chain is always whole.
MAX_PROOF = 2_000
NOT_OPERATING = "not_operating"
GATE = ("service", "group", "need", "have")


@dataclass(repr=False)
class ExplainResult(Resting):
    """Why one asset is what it is after an event.

    Attributes:
        asset: ``id, kind, domain, name``. verdict: as in an impact, ``unaffected``, or ``not_operating`` before the
            event. flags, time_s, outages: as in an impact. event, revision, model_level: what it rests on.
        sentences: the chain in words, from the asset back to the event.
        chain: the same as data: ``id, at_s, why`` and the gate that decided, see ``steps`` of a timeline.
        gates: the asset's own gates at the horizon, see :func:`twin.impact.events.standing.gates_of`.
        proof: entries as in ``affected`` of an impact, for the asset and everything that its lost gates lead to.
        rode, standby: as in an impact, for these. graph: ``nodes`` and ``edges`` (from who failed to whom it failed).
    """

    QUESTION: ClassVar[str] = "explain"

    asset: dict[str, Any]
    verdict: str
    flags: list[str]
    time_s: Any
    outages: list[list[Any]]
    event: dict[str, Any]
    revision: int
    sentences: list[str]
    chain: list[dict[str, Any]]
    gates: list[dict[str, Any]]
    proof: list[dict[str, Any]]
    rode: list[dict[str, Any]] = field(default_factory=list)
    standby: list[dict[str, Any]] = field(default_factory=list)
    graph: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """See :meth:`twin.display.Answer.from_dict`."""
        asset = {name: document[name] for name in ("id", "kind", "domain", "name")}
        return super().from_dict({**document, "asset": asset})

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            **self.asset,
            "verdict": self.verdict,
            "flags": self.flags,
            "time_s": self.time_s,
            "outages": self.outages,
            "event": self.event,
            "revision": self.revision,
            "model_level": self.model_level,
            "assumptions": self.assumptions,
            "sentences": self.sentences,
            "chain": self.chain,
            "gates": self.gates,
            "proof": self.proof,
            "rode": self.rode,
            "standby": self.standby,
            "graph": self.graph,
            "notes": self.notes,
        }

    def dot(self) -> str:
        """The graph for Graphviz."""
        lines = ["digraph proof {", "  rankdir=LR;", "  node [shape=box];"]
        for node in self.graph["nodes"]:
            label = "\n".join(str(x) for x in (node["name"] or node["id"], node["verdict"]) if x)
            colour = COLOURS.get(node["verdict"], "#dddddd")
            lines.append(f'  {_quoted(node["id"])} [label={_quoted(label)}, style=filled, fillcolor="{colour}"];')
        for edge in self.graph["edges"]:
            label = edge["why"] if edge["service"] is None else f"{edge['service']} {edge['have']}/{edge['need']}"
            lines.append(f"  {_quoted(edge['from'])} -> {_quoted(edge['to'])} [label={_quoted(label)}];")
        return "\n".join([*lines, "}"]) + "\n"


COLOURS = {
    "failed": "#e41a1c",
    "down": "#fb8072",
    "interrupted": "#e7a3d0",
    "degraded": "#fed976",
    "at_risk": "#a6cee3",
    "unaffected": "#ccebc5",
}


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def explain(asked: Asked, asset_id: str) -> ExplainResult:
    """Why an asset has its verdict.

    Raises:
        UnknownAsset: no asset has this id.
    """
    row = asked.catalogue.row(asset_id)
    verdict = v.NAMES[int(asked.verdicts.verdict[row])]
    if not asked.system.baseline[row]:
        return _idle(asked, row)
    words = Words(asked)
    rows, whole = _closure(asked, row)
    proof = affected(asked.system, asked.run, asked.verdicts, rows)
    ridden = rode(asked.system, asked.run, asked.verdicts, lambda: proof)
    node = asked.causes.start(row)
    steps, _ = chains(asked, [node])
    chain = asked.causes.chain(node)
    gates = gates_of(asked, row)
    told = chain if verdict != "unaffected" or len(chain) > 1 else []
    sentences = [words.verdict(row, verdict)]
    sentences += [words.step(n, asked.causes.reason(n)) for n in told if verdict != "failed"]
    if verdict == "unaffected":
        sentences += _survives(asked, row, gates, words)
    impact = asked.impact() if asked.run.called.any() else None
    standby = [] if impact is None else _of_interest(impact.standby, proof, ridden, asset_id)
    own = next((entry for entry in proof if entry["id"] == asset_id), None)
    notes = ["Topology and gates only (L1): overload after re-routing is not checked."]
    if not whole:
        notes.append(f"The proof leads through more than {MAX_PROOF:,} assets; the farthest are left out.")
    return ExplainResult(
        asset=asked.catalogue.brief(np.array([row], np.int64))[0],
        verdict=verdict,
        flags=own["flags"] if own else [],
        time_s=own["time_s"] if own else None,
        outages=own["outages"] if own else [],
        event=asked.chosen.described(_horizon(asked)),
        revision=asked.system.arrays.revision,
        sentences=sentences,
        chain=steps if told else [],
        gates=gates,
        proof=proof,
        rode=ridden,
        standby=standby,
        graph=_graph(asked, row, proof, ridden, standby),
        notes=notes + asked.chosen.notes,
    )


def _horizon(asked: Asked) -> Any:
    return seconds(asked.run.horizon_s)


def _closure(asked: Asked, row: int) -> tuple[Longs, bool]:
    """Affected assets that the lost gates of one lead to, nearest first, and whether these are all."""
    code, run, verdicts = asked.verdicts.verdict, asked.run, asked.verdicts
    seen, queue = {row}, deque([row])
    found: list[int] = []
    while queue and len(found) < MAX_PROOF:
        here = queue.popleft()
        if code[here] != v.UNAFFECTED:
            found.append(here)
            losses = run.drops[run.first_drop[here]] if verdicts.by_drop[here] else verdicts.now
        else:
            ride = asked.replay.ride(here)
            if ride is None:
                continue
            losses = ride
        first, last = np.searchsorted(losses.owner, [here, here + 1]).tolist()
        if code[here] == v.FAILED:
            continue
        for member in losses.member[losses.ptr[first] : losses.ptr[last]].tolist():
            if member not in seen:
                seen.add(member)
                queue.append(member)
        for owners, sources in run.callers:
            for owner in owners[sources == here].tolist() if code[here] == v.UNAFFECTED else []:
                if owner not in seen:
                    seen.add(owner)
                    queue.append(owner)
    return np.array(found, np.int64), not queue


def _of_interest(
    standby: list[dict[str, Any]], proof: list[dict[str, Any]], ridden: list[dict[str, Any]], asset_id: str
) -> list[dict[str, Any]]:
    """The standby sources that have part in a proof."""
    there = {asset_id, *(entry["id"] for entry in proof)}
    there |= {member for entry in [*proof, *ridden] for gate in entry["lost"] for member in gate["failed_members"]}
    return [source for source in standby if source["id"] in there or there & set(source["called_by"])]


def _survives(asked: Asked, row: int, gates: list[dict[str, Any]], words: Words) -> list[str]:
    """Why an asset is not affected: how each of its gates stands."""
    if not gates:
        assumed = bool(asked.system.arrays.assumed[row])
        return [
            "No supplier of it is known: it counts as supplied." if assumed else "It needs nothing: it is a source."
        ]
    said = [words.holds(gate) for gate in gates]
    if not any(gate["lost"] for gate in gates) and asked.replay.ride(row) is None:
        said.insert(0, "Nothing that its gates count on is lost.")
    said += [
        f"It ran on its buffer from {exact(spell.start)} to {exact(spell.end)}, "
        f"which would have lasted to {exact(spell.spent)}."
        for spell in asked.replay.spells
        if spell.owner == row and spell.outcome == "won"
    ]
    return said


def _graph(
    asked: Asked, row: int, proof: list[dict[str, Any]], ridden: list[dict[str, Any]], standby: list[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Nodes and edges: from each failed member to the asset whose gate it failed, and from callers to their source."""
    own = asked.catalogue.ids([row])[0]
    edges = [
        {"from": member, "to": entry["id"], "why": "failed", **{name: gate[name] for name in GATE}}
        for entry in [*proof, *ridden]
        for gate in entry["lost"]
        for member in gate["failed_members"]
    ]
    blank = {"why": "called", "service": None, "group": None, "need": None, "have": None}
    edges += [{"from": by, "to": source["id"], **blank} for source in standby for by in source["called_by"]]
    known = {entry["id"]: entry for entry in proof}
    names = list(dict.fromkeys([own, *known, *(e[end] for e in edges for end in ("from", "to"))]))
    rows = np.array([asked.catalogue.row(name) for name in names], np.int64)
    nodes = []
    for brief, place in zip(asked.catalogue.brief(rows), rows.tolist(), strict=True):
        time = known[brief["id"]]["time_s"] if brief["id"] in known else None
        nodes.append({**brief, "verdict": v.NAMES[int(asked.verdicts.verdict[place])], "time_s": time})
    return {"nodes": nodes, "edges": edges}


def _idle(asked: Asked, row: int) -> ExplainResult:
    """Why an asset did not operate before the event."""
    words = Words(asked)
    links = idle_chain(asked.system, row)
    briefs = asked.catalogue.brief(np.array([link.row for link in links], np.int64))
    chain, edges = [], []
    for link, brief in zip(links, briefs, strict=True):
        service, group = asked.catalogue.gate_name(link.gate) if link.gate >= 0 else (None, None)
        chain.append({"id": brief["id"], "at_s": None, "why": link.why, "service": service, "group": group})
    for above, below in pairwise(chain):
        gate = {"service": above["service"], "group": above["group"], "need": None, "have": None}
        edges.append({"from": below["id"], "to": above["id"], "why": "lacks", **gate})
    named = words.name(row)
    return ExplainResult(
        asset=asked.catalogue.brief(np.array([row], np.int64))[0],
        verdict=NOT_OPERATING,
        flags=[],
        time_s=None,
        outages=[],
        event=asked.chosen.described(_horizon(asked)),
        revision=asked.system.arrays.revision,
        sentences=[
            f"{named} did not operate before the event; it is not counted.",
            *(words.idle(link) for link in links),
        ],
        chain=chain,
        gates=gates_of(asked, row),
        proof=[],
        graph={"nodes": [{**b, "verdict": NOT_OPERATING, "time_s": None} for b in briefs], "edges": edges},
        notes=list(asked.chosen.notes),
    )
