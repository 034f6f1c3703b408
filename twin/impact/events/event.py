"""An event as it is asked for: by ids, by a selection, by a hazard; and the assets that it comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from twin.errors import InvalidParameter, UnknownAsset
from twin.impact.events.hazard import Hazard
from twin.impact.events.places import Places
from twin.impact.events.select import select, worded
from twin.snapshot.arrays import Bools, Longs
from twin.snapshot.catalogue import Catalogue

NAMED = 5


@dataclass(frozen=True)
class Event:
    """What is taken as failed.

    Attributes:
        ids: assets by name. where: a selection, see :func:`twin.impact.events.select.select`; together with a hazard it
            says which of the assets hit fail. hazard: everything that a footprint hits. The three add up, but for
            where and hazard, which must both hold.
    """

    ids: Iterable[str] = ()
    where: str | Mapping[str, Any] | None = None
    hazard: Hazard | None = None


@dataclass(frozen=True)
class Chosen:
    """The assets of an event.

    Attributes:
        ids: sorted. rows: their rows, in the same order.
        how: how they were chosen, empty for ids alone. inside: (n,) in the footprint, None without one.
        known: (n,) assets with a known place, None without a footprint. notes: what to know about the choice.
    """

    ids: list[str]
    rows: Longs
    how: dict[str, Any] = field(default_factory=dict)
    inside: Bools | None = None
    known: Bools | None = None
    notes: list[str] = field(default_factory=list)

    def described(self, horizon_s: Any) -> dict[str, Any]:
        """The member ``event`` of an answer."""
        said = {"failed": self.ids, "horizon_s": horizon_s}
        return {**said, "chosen": self.how} if self.how else said


def choose(catalogue: Catalogue, places: Callable[[], Places], asked: Event | Iterable[str]) -> Chosen:
    """The assets of an event.

    Args:
        catalogue: names and attributes. places: gives the shapes, asked only for a hazard.
        asked: the event, or the ids of one.

    Raises:
        UnknownAsset: ids that are not there, all of them. InvalidParameter: a selection that is not valid or
            matches nothing.
    """
    event = asked if isinstance(asked, Event) else Event(asked)
    ids = rows_of(catalogue, event.ids)
    if event.where is None and event.hazard is None:
        return _chosen(catalogue, ids, notes=[] if len(ids) else ["The event is empty: nothing fails."])
    how: dict[str, Any] = {"ids": catalogue.ids(ids), "where": None, "hazard": None}
    mask = ~np.asarray(catalogue.arrays.removed, bool)
    if event.where is not None:
        how["where"] = event.where if isinstance(event.where, str) else worded(event.where)
        mask &= select(catalogue.table, event.where)
        if not mask.any():
            raise InvalidParameter(
                f"the event is empty: no asset matches {how['where']!r}", fix="See what there is with: twin find"
            )
    if event.hazard is None:
        return _chosen(catalogue, np.union1d(ids, np.flatnonzero(mask)), how=how)
    there = places()
    hits = event.hazard.hits(there)
    hits = hits[~catalogue.arrays.removed[hits]]
    how["hazard"] = {**event.hazard.about, "hits": len(hits)}
    inside = np.zeros(catalogue.arrays.n, bool)
    inside[hits] = True
    rows = np.union1d(ids, hits[mask[hits]])
    notes = [*event.hazard.notes, *_nothing(event, hits, rows, there), *_unplaced(there)]
    return _chosen(catalogue, rows, how=how, inside=there.within(inside), known=there.known, notes=notes)


def check_named(chosen: Chosen) -> None:
    """Refuse an event that names nothing; a hazard that hits nothing is an event, and says so in its notes.

    Raises:
        InvalidParameter: the list of ids is empty, and there is no selection and no hazard.
    """
    if not len(chosen.rows) and not chosen.how:
        raise InvalidParameter("the event is empty: no asset is named", fix="Name at least one asset that fails.")


def _chosen(catalogue: Catalogue, rows: Longs, **more: Any) -> Chosen:
    ids = catalogue.ids(rows)
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return Chosen([ids[i] for i in order], np.asarray(rows, np.int64)[order], **more)


def rows_of(catalogue: Catalogue, ids: Iterable[str]) -> Longs:
    """Rows of ids, each once, sorted. Raises UnknownAsset, naming all that are unknown at once."""
    wanted = list(dict.fromkeys([ids] if isinstance(ids, str) else ids))
    try:
        return np.unique(np.array([catalogue.row(name) for name in wanted], np.int64))
    except UnknownAsset as error:
        asked = pa.array(wanted, pa.string())
        known = pc.is_in(asked, value_set=catalogue.table["id"].combine_chunks())
        unknown = asked.filter(pc.invert(known)).to_pylist()
        if len(unknown) < 2:
            raise
        more = f" and {len(unknown) - NAMED:,} more" if len(unknown) > NAMED else ""
        raise UnknownAsset(
            f"{len(unknown):,} of {len(wanted):,} ids are unknown: {', '.join(unknown[:NAMED])}{more}; {error.detail}",
            ids=unknown,
        ) from error


def _nothing(event: Event, hits: Longs, rows: Longs, places: Places) -> list[str]:
    """Why a footprint hit nothing."""
    assert event.hazard is not None
    if len(hits):
        none = not len(rows) and event.where is not None
        return [f"The hazard hits {len(hits):,} assets, but none that matches the selection."] if none else []
    said = "The hazard hits no asset: nothing fails by it."
    if event.hazard.min_crossing_m > 0 and (crossed := len(places.touching(event.hazard.area))):
        return [f"{said} {crossed:,} are crossed by less than {event.hazard.min_crossing_m:g} m."]
    other = shapely.transform(event.hazard.area, lambda xy: xy[:, ::-1])
    if len(places.touching(other)):
        said += " With latitude and longitude exchanged it would: is the file longitude first?"
    return [said]


#: Begins the note of a hazard that can hit but few, because most of what is in service has no place.
UNJUDGED = "This hazard cannot be judged"


def _unplaced(places: Places) -> list[str]:
    kinds = places.unplaced
    if not kinds:
        return []
    total = int(places.arrays.in_service.sum())
    shown = ", ".join(f"{count:,} {kind}" for kind, count in list(kinds.items())[:NAMED])
    more = f" and {len(kinds) - NAMED} more kinds" if len(kinds) > NAMED else ""
    count = sum(kinds.values())
    who = "asset has" if count == 1 else "assets have"
    said = f"{count:,} {who} no known place and cannot be hit: {shown}{more}."
    return [f"{UNJUDGED}: {count:,} of {total:,} {said.partition(' ')[2]}" if count * 2 > total else said]
