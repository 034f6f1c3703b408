"""The collections of one saved result: ``result-<id>-nodes``, ``-links`` and ``-footprint``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import shapely

from api.library import Saved
from api.ogc.columns import Column
from api.ogc.layer import About, Layer
from api.ogc.link_layers import Ends
from api.ogc.results import events, rows
from api.ogc.results.table import Links, Nodes
from api.ogc.table_layers import at_assets, shapes_at, table_layers
from twin.impact import Snapshot

PREFIX = "result-"
AT = Column("at", "date-time", "The time when the question was answered, and time_s later: for animations.")
ASSET = (
    Column("id", "string", "Number of the row in the result."),
    Column("asset", "string", "Id of the asset."),
    Column("kind", "string", "Kind of the asset; null where it is no longer there."),
    Column("domain", "string", "Domain of the asset."),
)
ENDS = (
    Column("id", "string", "Number of the link in the result."),
    Column("from", "string", "Id of the asset that it came from."),
    Column("to", "string", "Id of the asset that it went to."),
)

#: Finds what was saved as an event: its id -> its body.
Event = Callable[[str], Any]


def result_of(collection: str) -> str | None:
    """Id of the result that a collection belongs to, None if it belongs to none."""
    return collection.split("-")[1] if collection.startswith(PREFIX) else None


def result_layers(saved: Saved, snapshot: Snapshot, event: Event) -> Iterator[Layer]:
    """All collections of a result, which is drawn where the assets are in *snapshot*."""
    answer = saved.answer or {}
    nodes = events.nodes(saved.question, answer) or rows.nodes(answer)
    if nodes is not None:
        yield from _nodes(saved, snapshot, nodes, event)
    links = events.links(saved.question, answer)
    if links is not None:
        yield from _links(saved, snapshot, links)
    if saved.question in events.ABOUT_EVENTS:
        yield from _footprint(saved, snapshot, event)


def _nodes(saved: Saved, snapshot: Snapshot, nodes: Nodes, event: Event) -> Iterator[Layer]:
    at = _rows(snapshot, nodes.assets)
    columns: dict[str, Sequence[Any]] = {
        "id": _numbers(len(at)),
        "asset": nodes.assets,
        **at_assets(snapshot, at),
        **nodes.values,
    }
    own = [*nodes.columns]
    if "time_s" in nodes.values:
        own.append(AT)
        columns["at"] = times(saved, nodes.values["time_s"])
    if saved.question in events.ABOUT_EVENTS:
        own.append(events.PLACE)
        columns["place"] = events.places(saved, snapshot, at, event)
    about = _about(saved, "nodes", nodes.description, (*ASSET, *own))
    yield from table_layers(about, columns, shapes_at(snapshot, at), "point", always=True)


def _links(saved: Saved, snapshot: Snapshot, links: Links) -> Iterator[Layer]:
    middles = Ends(snapshot).middles
    ends = np.stack([_places(middles, _rows(snapshot, names)) for names in (links.sources, links.targets)], axis=1)
    placed = np.isfinite(ends).all(axis=(1, 2))
    shapes = np.full(len(ends), None, dtype=object)
    shapes[placed] = shapely.linestrings(ends[placed])
    columns: dict[str, Sequence[Any]] = {
        "id": _numbers(len(ends)),
        "from": links.sources,
        "to": links.targets,
        **links.values,
    }
    own = [*links.columns]
    if "time_s" in links.values:
        own.append(AT)
        columns["at"] = times(saved, links.values["time_s"])
    about = _about(saved, "links", links.description, (*ENDS, *own))
    yield from table_layers(about, columns, shapes, "line", always=True)


def _footprint(saved: Saved, snapshot: Snapshot, event: Event) -> Iterator[Layer]:
    shapes, columns = events.footprint(saved, snapshot, event)
    about = _about(saved, "footprint", "Where: the hazard, and around what fails or goes down.", events.FOOTPRINT)
    yield from table_layers(about, {"id": _numbers(len(shapes)), **columns}, shapes, "polygon", always=True)


def _about(saved: Saved, part: str, description: str, columns: tuple[Column, ...]) -> About:
    timed = any(column.name == AT.name for column in columns)
    return About(
        id=f"{PREFIX}{saved.id}-{part}",
        title=f"{saved.name or saved.question}: {part}",
        description=f"{description} Answer to {saved.question!r} at revision {saved.revision}. {saved.note}".strip(),
        group="results",
        geometry=None,
        columns=columns,
        about=part,
        time=(AT.name, AT.name) if timed else None,
        mark=saved.made_at,
    )


def times(saved: Saved, seconds: Sequence[float | None]) -> list[dt.datetime | None]:
    """Moments that lie so many seconds after the result was made; None for none, or one too late to be written."""
    made = dt.datetime.fromisoformat(saved.made_at.replace("Z", "+00:00"))
    found: list[dt.datetime | None] = []
    for second in seconds:
        try:
            found.append(None if second is None else made + dt.timedelta(seconds=second))
        except OverflowError:
            found.append(None)
    return found


def _rows(snapshot: Snapshot, names: Sequence[str]) -> Any:
    found = (snapshot.catalogue.find(name) for name in names)
    return np.array([-1 if row is None else row for row in found], np.int64)


def _places(middles: Any, at: Any) -> Any:
    return np.vstack([middles, [[np.nan, np.nan]]])[at]  # row -1 is the last: no place


def _numbers(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]
