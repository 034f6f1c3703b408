"""Answers about an event: who is hit when and why, along which links, inside and outside the footprint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from api.library import Saved
from api.ogc.columns import Column
from api.ogc.results.table import Links, Nodes
from twin.errors import TwinError
from twin.impact import Snapshot
from twin.impact.events.hazard import Hazard

ABOUT_EVENTS = ("impact", "timeline", "explain", "exposed")
VERDICTS = ("failed", "down", "interrupted", "degraded", "at_risk")
LOST = ("failed", "down")
#: A hull is drawn so much wider than the assets in it, degrees.
MARGIN = 0.02

IMPACT = (
    Column("name", "string", "Name of the asset."),
    Column("verdict", "enum", "What became of it.", values=VERDICTS),
    Column("flags", "string", "All verdicts that apply, with commas."),
    Column("time_s", "number", "When it first dropped, or came at risk.", "s"),
    Column("back_s", "number", "When it came back for good; null where it did not drop or did not come back.", "s"),
    Column("hop", "integer", "Length of the shortest chain of failed suppliers back to the event."),
    Column("cause", "string", "The needs that it lost, and which suppliers failed them."),
)
TIMELINE = (
    Column("name", "string", "Name of the asset."),
    Column("what", "string", "What happened to it."),
    Column("time_s", "number", "When.", "s"),
)
GATE = (
    Column("service", "string", "What was not delivered."),
    Column("group", "string", "Group of the need."),
    Column("time_s", "number", "When its consumer dropped.", "s"),
)
SUPPLY = (
    *GATE,
    Column("verdict", "string", "What became of the consumer."),
    Column("need", "integer", "How many of the group must deliver."),
    Column("have", "integer", "How many still did."),
)
PLACE = Column(
    "place",
    "enum",
    "Whether it lies in the hazard: inside, outside, or unplaced; null without a hazard.",
    values=("inside", "outside", "unplaced"),
)
FOOTPRINT = (
    Column("id", "string", "Number of the area in the result."),
    Column("part", "enum", "The hazard, or a hull around assets.", values=("hazard", "hull")),
    Column("domain", "string", "Whose assets a hull is around."),
    Column("assets", "integer", "How many assets failed or went down in it."),
    Column("buffer_m", "number", "What the hazard was widened by.", "m"),
)


def nodes(question: str, answer: Mapping[str, Any]) -> Nodes | None:
    """What an impact or a timeline says of assets; None for another question."""
    if question == "impact":
        rows = answer["affected"]
        plain = {name: [row[name] for row in rows] for name in ("name", "verdict", "time_s", "hop")}
        return Nodes(
            "Assets that an event affects.",
            [row["id"] for row in rows],
            IMPACT,
            {
                **plain,
                "flags": [", ".join(row["flags"]) for row in rows],
                "back_s": [row["outages"][-1][1] if row["outages"] else None for row in rows],
                "cause": [cause(row["lost"]) for row in rows],
            },
        )
    if question == "timeline":
        rows = answer["events"]
        return Nodes(
            "What happens to assets after an event, one by one.",
            [row["id"] for row in rows],
            TIMELINE,
            {name: [row[name] for row in rows] for name in ("name", "what", "time_s")},
        )
    return None


def cause(lost: Sequence[Mapping[str, Any]]) -> str | None:
    """The needs that an asset lost, as a sentence."""
    told = [
        f"{gate['service']}/{gate['group']} has {gate['have']} of {gate['need']}: {', '.join(gate['failed_members'])}"
        for gate in lost
    ]
    return "; ".join(told) or None


def links(question: str, answer: Mapping[str, Any]) -> Links | None:
    """Along which links it went; None where a question has no such thing."""
    if question == "impact":
        return _lost_supply(answer["affected"])
    if question == "timeline":
        steps = answer["steps"]
        pairs = [(steps[step["next"]], step) for step in steps if step["next"] is not None]
        return Links(
            "From what failed a need to what dropped for it.",
            [source["id"] for source, _ in pairs],
            [target["id"] for _, target in pairs],
            GATE,
            {
                **{name: [target[name] for _, target in pairs] for name in ("service", "group")},
                "time_s": [target["at_s"] for _, target in pairs],
            },
        )
    if question in ("dependencies", "dependents"):
        rows = answer["items"]
        down = question == "dependents"
        ends = ([row["parent"] for row in rows], [row["id"] for row in rows])
        columns = (Column("service", "string", "What is delivered."), Column("hop", "integer", "Links away."))
        return Links(
            "From supplier to consumer.", *(ends if down else ends[::-1]), columns,
            {name: [row[name] for row in rows] for name in ("service", "hop")},
        )  # fmt: skip
    return None


def _lost_supply(affected: Sequence[Mapping[str, Any]]) -> Links:
    told = [(member, row, gate) for row in affected for gate in row["lost"] for member in gate["failed_members"]]
    return Links(
        "Supply that was lost: from what failed to who needed it.",
        [member for member, _, _ in told],
        [row["id"] for _, row, _ in told],
        SUPPLY,
        {
            **{name: [gate[name] for _, _, gate in told] for name in ("service", "group", "need", "have")},
            **{name: [row[name] for _, row, _ in told] for name in ("verdict", "time_s")},
        },
    )


def hazard_of(saved: Saved, event: Callable[[str], Any]) -> Hazard | None:
    """The hazard that was asked about; None without one, or where the saved event that had it is gone."""
    asked: Mapping[str, Any] = saved.asked
    try:
        if asked.get("saved_event"):
            asked = event(asked["saved_event"])
        if not asked.get("hazard"):
            return None
        return Hazard.from_geojson(
            asked["hazard"], buffer_m=asked.get("buffer_m") or 0.0, min_crossing_m=asked.get("min_crossing_m") or 0.0
        )
    except TwinError:
        return None


def places(saved: Saved, snapshot: Snapshot, at: Any, event: Callable[[str], Any]) -> list[str | None]:
    """Where assets (by row, -1 for gone) lie to the hazard; what has no place is where its container is."""
    hazard = hazard_of(saved, event)
    if hazard is None:
        return [None] * len(at)
    hit = np.zeros(snapshot.arrays.n, bool)
    hit[hazard.hits(snapshot.places)] = True
    inside, known = snapshot.places.within(hit), snapshot.places.known
    words = np.where(inside, "inside", np.where(known, "outside", "unplaced"))
    return [None if row < 0 else str(words[row]) for row in at]


def footprint(saved: Saved, snapshot: Snapshot, event: Callable[[str], Any]) -> tuple[Any, dict[str, Sequence[Any]]]:
    """Areas of a result: the hazard, and a hull around what failed or went down, by domain."""
    answer = saved.answer or {}
    gone = dict.fromkeys(
        [row["id"] for row in answer.get("affected", []) if row["verdict"] in LOST]
        + [row["id"] for row in answer.get("events", []) if row["what"] in LOST]
    )
    found = [snapshot.catalogue.find(name) for name in gone]
    lost = np.array([row for row in found if row is not None], np.int64)
    hazard = hazard_of(saved, event)
    told: list[tuple[Any, str, str | None, int | None, float | None]] = []
    if hazard is not None:
        inside = int(np.isin(lost, hazard.hits(snapshot.places)).sum())
        told.append((hazard.area, "hazard", None, inside, hazard.about.get("buffer_m")))
    lost = lost[snapshot.places.placed[lost]]
    domains = np.array(pc.cast(snapshot.arrays.assets["domain"], pa.string()).take(pa.array(lost)).to_pylist(), object)
    for domain in dict.fromkeys(domains.tolist()):
        shapes = snapshot.places.shapes[lost[domains == domain]]
        hull = shapely.buffer(shapely.convex_hull(shapely.geometrycollections(list(shapes))), MARGIN)
        told.append((hull, "hull", domain, len(shapes), None))
    names = ("part", "domain", "assets", "buffer_m")
    columns: dict[str, Sequence[Any]] = {name: [row[number + 1] for row in told] for number, name in enumerate(names)}
    areas = np.empty(len(told), dtype=object)
    areas[:] = [row[0] for row in told]
    return areas, columns
