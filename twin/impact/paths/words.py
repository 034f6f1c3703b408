"""Other words for what routes are measured by and kept apart in, as planners and other tools say it."""

from __future__ import annotations

from twin.impact.events.event import UNJUDGED
from twin.snapshot.arrays import Bools

BY = {
    "hop": "hops",
    "links": "hops",
    "count": "hops",
    "km": "length_km",
    "kilometre": "length_km",
    "kilometres": "length_km",
    "kilometers": "length_km",
    "length": "length_km",
    "distance": "length_km",
    "distance_km": "length_km",
    "ms": "latency_ms",
    "latency": "latency_ms",
    "delay": "latency_ms",
    "rtt": "latency_ms",
}
APART = {
    "edges": "edge",
    "link": "edge",
    "links": "edge",
    "line": "edge",
    "span": "edge",
    "nodes": "node",
    "vertex": "node",
    "asset": "node",
    "site": "node",
    "risks": "risk",
    "srlg": "risk",
    "srg": "risk",
    "srlgs": "risk",
    "shared-risk": "risk",
    "shared_risk": "risk",
}


def measure(word: str) -> str:
    """``hops``, ``length_km`` or ``latency_ms`` for a word that means it; other words as they are."""
    return BY.get(word.strip().lower(), word)


def apart(word: str | None) -> str | None:
    """``edge``, ``node`` or ``risk`` for a word that means it; other words as they are."""
    return None if word is None else APART.get(word.strip().lower(), word)


def unplaced(known: Bools) -> list[str]:
    """What to say of hazards where not all assets have a place; *known*: (n,) those that have."""
    missing, total = int((~known).sum()), len(known)
    if not missing:
        return []
    if missing * 2 > total:
        return [f"{UNJUDGED}: {missing:,} of {total:,} assets have no known place, and no hazard hits them."]
    return [f"{missing:,} assets have no known place: no hazard hits them."]
