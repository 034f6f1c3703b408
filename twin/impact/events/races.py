"""Races between a buffer and the supply: which were won, which were lost, and by how much."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from twin.impact.affected import seconds
from twin.impact.events.ask import Asked
from twin.impact.events.causes import Node
from twin.impact.events.replay import LOST, MOOT, WON, Spell
from twin.snapshot.arrays import Longs

OUTCOMES = {WON: "fed_again", LOST: "spent", MOOT: "stopped"}


def buffers(asked: Asked) -> list[dict[str, Any]]:
    """What ran on which buffer from when to when, by start.

    ``outcome``: ``fed_again`` (at ``until_s``), ``spent`` (at ``until_s``; its owner went down) or ``stopped`` (its
    owner went down by another gate, or lived on its loop's buffers). ``spent_s`` is when it was or would have been
    spent. What starts after the horizon is left out.
    """
    gates = asked.system.gates
    chosen = [s for s in asked.replay.spells if gates.buffer_s[s.gate] > 0 and s.start <= asked.run.horizon_s]
    return [
        {
            **named,
            "from_s": seconds(spell.start),
            "until_s": seconds(spell.stop),
            "spent_s": seconds(spell.spent),
            "outcome": OUTCOMES[spell.outcome],
        }
        for spell, named in zip(chosen, _named(asked, chosen), strict=True)
    ]


def races(asked: Asked) -> list[dict[str, Any]]:
    """Every gate that was fed again, or whose buffer was spent, closest first: lost ones, then won ones.

    ``margin_s`` is how long before the buffer was spent the supply was back: negative when it came too late, None
    when it never did. A gate without a buffer loses against any gap. ``follows`` names the asset whose own lost race
    this one comes from; where it is None the race is where help would count.
    """
    chosen = [s for s in asked.replay.spells if s.start <= asked.run.horizon_s and _is_race(asked, s)]
    lost = {(s.owner, s.stop) for s in chosen if s.outcome == LOST}
    found = []
    for spell, named in zip(chosen, _named(asked, chosen), strict=True):
        margin = spell.spent - spell.end
        after = _follows(asked, spell, lost)
        found.append(
            {
                **named,
                "outcome": spell.outcome,
                "unfed_s": seconds(spell.start),
                "spent_s": seconds(spell.spent if spell.outcome == WON else spell.stop),
                "back_s": seconds(spell.end),
                "margin_s": seconds(margin if spell.outcome == WON else spell.stop - spell.end),
                "margin_min": _minutes(margin if spell.outcome == WON else spell.stop - spell.end),
                "follows": None if after is None else asked.catalogue.ids([after])[0],
            }
        )
    return sorted(found, key=_closeness)


def _is_race(asked: Asked, spell: Spell) -> bool:
    buffered = asked.system.gates.buffer_s[spell.gate] > 0
    if spell.outcome == WON:
        return bool(buffered)
    return spell.outcome == LOST and (bool(buffered) or math.isfinite(spell.end))


def _follows(asked: Asked, spell: Spell, lost: set[tuple[int, float]]) -> int | None:
    """The nearest asset along the causes of a spell that lost a race itself."""
    losses = asked.replay.drop(spell.owner, spell.stop) if spell.outcome == LOST else asked.replay.ride(spell.owner)
    if losses is None:
        return None
    place = int(np.searchsorted(losses.gate, spell.gate))
    if place >= len(losses.gate) or losses.gate[place] != spell.gate:
        return None
    members = losses.member[losses.ptr[place] : losses.ptr[place + 1]].tolist()
    nodes: list[Node] = [asked.causes.stopped(member, spell.start) for member in members]
    latest = max((n.time for n in nodes), default=0.0)
    for node in nodes:
        if node.time == latest:
            chain = asked.causes.chain(node)
            return next((n.row for n in chain if (n.row, n.time) in lost and n.row != spell.owner), None)
    return None


def _closeness(race: dict[str, Any]) -> tuple[bool, bool, float, float, str]:
    margin = race["margin_s"]
    return (
        race["outcome"] == WON,
        race["follows"] is not None,
        math.inf if margin is None else abs(margin),
        race["unfed_s"],
        race["id"],
    )


def _minutes(margin_s: float) -> float | None:
    return round(margin_s / 60, 2) if math.isfinite(margin_s) else None


def _named(asked: Asked, spells: list[Spell]) -> list[dict[str, Any]]:
    """The asset, service, group and buffer of each spell."""
    rows: Longs = np.array([s.owner for s in spells], np.int64)
    gates = asked.system.gates
    found = []
    for spell, brief in zip(spells, asked.catalogue.brief(rows), strict=True):
        service, group = asked.catalogue.gate_name(spell.gate)
        found.append({**brief, "service": service, "group": group, "buffer_s": seconds(gates.buffer_s[spell.gate])})
    return found
