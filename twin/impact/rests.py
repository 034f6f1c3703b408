"""What an answer rests on: assumptions and imports in its own closure, the same in every answer."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow.compute as pc

from twin.display.answer import Answer
from twin.display.where import InArrays
from twin.impact.affected import texts
from twin.impact.foundation import Foundation, Ground
from twin.impact.system import System
from twin.snapshot.arrays import Ints, Longs

#: Ids named in one note.
NAMED = 5

#: What an answer about some assets rests on: ``event``: all that depends on them with all that this depends on;
#: ``needs``: all that they depend on; ``below``: all that depends on them; ``whole``: the whole twin.
Way = Literal["event", "needs", "below", "whole"]


@dataclass(kw_only=True, repr=False)
class Resting(Answer):
    """Base of answers.

    Attributes:
        assumptions: what the answer rests on, and no other part of the twin: ``assumed_supplied`` and
            ``baseline_down``, numbers of assets without a known supplier that count as supplied, and of those that did
            not operate before any event; ``sources``, each with ``imported_at``, ``as_of`` (when the export was made,
            as its manifest or its files say: ``as_of_from``) and ``age_s`` (since then, else since it was imported).
    """

    assumptions: dict[str, Any] = field(default_factory=dict)


A = TypeVar("A", bound=Resting)


def resting(answer: A, system: System, way: Way, rows: Iterable[int] | Longs | Ints = ()) -> A:
    """*answer* with what it rests on; assets that an import left without a supplier are named in its notes."""
    ground = ground_of(system, way, rows)
    answer.assumptions = assumptions(system, ground)
    answer.placed(InArrays(system.arrays))
    notes = getattr(answer, "notes", None)
    if notes is not None:
        notes += [note for note in unsupplied(system, ground) if note not in notes]
    return answer


def ground_of(system: System, way: Way, rows: Iterable[int] | Longs | Ints = ()) -> Ground:
    """The summary of what an answer about *rows* rests on."""
    at = np.asarray(rows if isinstance(rows, np.ndarray) else list(rows), np.int64)
    foundation = Foundation.of(system)
    if way == "whole":
        return foundation.whole()
    return foundation.under(at) if way == "event" else foundation.reached(at, up=way == "needs")


def assumptions(system: System, ground: Ground) -> dict[str, Any]:
    """A summary as plain data, with the age of each export in seconds from now."""
    now = time.time()
    sources = [
        {
            "source": s["source"],
            "imported_at": s.get("imported_at"),
            "as_of": s.get("as_of"),
            "as_of_from": s.get("as_of_from"),
            "age_s": _age(s.get("as_of") or s.get("imported_at"), now),
        }
        for s in system.arrays.sources
        if s["source"] in ground.sources
    ]
    return {"assumed_supplied": ground.assumed, "baseline_down": ground.down, "sources": sources}


def unsupplied(system: System, ground: Ground) -> list[str]:
    """What to know of the assets below an answer that an import left without a supplier."""
    known = sorted(texts(system, "id", ground.unsupplied.astype(np.int64)))
    if not known:
        return []
    more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
    return [
        "An import left these assets without a supplier, and they count as supplied (twin findings): "
        + f"{', '.join(known[:NAMED])}{more}"
    ]


def rows_of(system: System, ids: Iterable[str]) -> Longs:
    """Rows of assets by id; ids that are not there are left out."""
    import pyarrow as pa

    wanted = pa.array(sorted(set(ids)), pa.string())
    found = pc.index_in(wanted, value_set=system.arrays.assets["id"].combine_chunks()).drop_null()
    return np.asarray(found.to_numpy(), np.int64)


def _age(since: str | None, now: float) -> int | None:
    if not since:
        return None
    return max(0, int(now - datetime.fromisoformat(since).timestamp()))
