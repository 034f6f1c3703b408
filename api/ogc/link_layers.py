"""Collections of links: one per link type, as lines between ends that have a place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from api.ogc.asset_layers import SUFFIXES
from api.ogc.columns import Column
from api.ogc.layer import About, Layer
from twin.impact import Snapshot
from twin.schema import NEED_ALL, Schema

COLUMNS = (
    Column("id", "string", "Both ends and the type; the group where one is named."),
    Column("type", "string", "Type of link."),
    Column("from", "string", "Id of the asset that supplies."),
    Column("to", "string", "Id of the asset that needs."),
    Column("from_kind", "string", "Kind of the supplier."),
    Column("to_kind", "string", "Kind of the consumer."),
    Column("from_domain", "string", "Domain of the supplier."),
    Column("to_domain", "string", "Domain of the consumer."),
    Column("service", "string", "What the link delivers; null where it only informs."),
    Column("effect", "string", "What the loss of a gate of such links does: outage, degrade or none."),
    Column("group", "string", "Group of the gate, null for the default of the type."),
    Column("need", "string", "How many of the group must deliver: a number, any or all; null for the default."),
    Column("cross_domain", "boolean", "Whether it joins two domains."),
    Column("working", "boolean", "Whether both ends work before any event."),
)


class Ends:
    """The links of a snapshot with the middle of both ends."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.arrays = snapshot.arrays

    @cached_property
    def middles(self) -> Any:
        """(n, 2) a point on each asset, NaN where it has no place."""
        points = shapely.point_on_surface(self.snapshot.places.shapes)
        return np.column_stack([shapely.get_x(points), shapely.get_y(points)])

    @cached_property
    def placed(self) -> Any:
        """(l,) links whose ends both have a place."""
        known = np.isfinite(self.middles[:, 0])
        return known[self.arrays.link_from] & known[self.arrays.link_to]

    def lines(self, links: Any) -> Any:
        """Straight lines along links that have a place."""
        a = self.arrays
        ends = np.stack([self.middles[a.link_from[links]], self.middles[a.link_to[links]]], axis=1)
        return shapely.linestrings(ends)

    @cached_property
    def ids(self) -> pa.Array:
        """(l,) id of each link; of several that agree in all of it, those after the first are numbered."""
        a = self.arrays
        names, types = a.assets["id"], pa.array(a.link_types, pa.string())
        start, end = (names.take(pa.array(rows)).combine_chunks() for rows in (a.link_from, a.link_to))
        plain = pc.binary_join_element_wise(start, types.take(pa.array(a.link_type)), end, " ")
        group = self.groups
        found = pc.if_else(pc.is_valid(group), pc.binary_join_element_wise(plain, pc.fill_null(group, ""), " "), plain)
        return found if pc.count_distinct(found).as_py() == len(found) else _numbered(found)

    @cached_property
    def groups(self) -> pa.Array:
        """(l,) group of each link as written, null where it was not."""
        code = self.arrays.link_group
        return pa.array(self.arrays.groups, pa.string()).take(pa.array(code, mask=code < 0))

    def read(self, name: str, links: Any, schema: Schema) -> pa.Array:
        """Values of a property of some links."""
        a, at = self.arrays, pa.array(links)
        if name == "id":
            return self.ids.take(at)
        if name == "group":
            return self.groups.take(at)
        if name in ("from", "to", "from_kind", "to_kind", "from_domain", "to_domain"):
            end, _, what = name.partition("_")
            rows = (a.link_from if end == "from" else a.link_to)[links]
            return pc.cast(a.assets[what or "id"].take(pa.array(rows)), pa.string())
        if name == "cross_domain":
            return pc.not_equal(*(self.read(f"{end}_domain", links, schema) for end in ("from", "to")))
        if name == "working":
            works = self.snapshot.system.baseline
            return pa.array(works[a.link_from[links]] & works[a.link_to[links]])
        if name == "need":
            return pa.array([_need(value) for value in a.link_need[links].tolist()], pa.string())
        kind = schema.link_types.get(a.link_types[a.link_type[links[0]]]) if len(links) else None
        word = a.link_types[a.link_type[links[0]]] if name == "type" and len(links) else getattr(kind, name, None)
        return pa.array([word] * len(links), pa.string())


def _numbered(ids: pa.Array) -> pa.Array:
    """Ids with a number behind those that were there before."""
    seen: dict[str, int] = {}
    words = ids.to_pylist()
    for at, word in enumerate(words):
        seen[word] = count = seen.get(word, 0) + 1
        if count > 1:
            words[at] = f"{word} #{count}"
    return pa.array(words, pa.string())


def _need(value: int) -> str | None:
    return None if value == 0 else "all" if value == NEED_ALL else "any" if value == 1 else str(value)


def link_layers(snapshot: Snapshot, schema: Schema) -> Iterator[Layer]:
    """For each link type a layer of those with a place, and one of those without."""
    ends, arrays = Ends(snapshot), snapshot.arrays
    for code, name in enumerate(arrays.link_types):
        mine = np.flatnonzero(arrays.link_type == code)
        placed = ends.placed[mine]
        for form, links in (("line", mine[placed]), ("none", mine[~placed])):
            if len(links):
                yield _layer(ends, schema, name, form, links)


def _layer(ends: Ends, schema: Schema, name: str, form: str, links: Any) -> Layer:
    kind = schema.link_types.get(name)
    links = links[pc.sort_indices(ends.ids.take(pa.array(links))).to_numpy()]
    about = About(
        id=f"links-{name.lower()}" + ("" if form == "line" else f"-{SUFFIXES[form]}"),
        title=f"links: {name}" + ("" if form == "line" else f" ({SUFFIXES[form]})"),
        description=(kind.description if kind else "A type that the schema does not know.")
        + (" Straight lines from supplier to consumer." if form == "line" else " One of the ends has no place."),
        group="links",
        geometry="LineString" if form == "line" else None,
        columns=COLUMNS,
        about=name,
    )
    return Layer(
        about,
        len(links),
        lambda column: ends.read(column, links, schema),
        lambda: ends.lines(links) if form == "line" else np.full(len(links), None, dtype=object),
        lambda: ends.ids.take(pa.array(links)).to_pylist(),
    )
