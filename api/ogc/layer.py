"""A collection of features in memory: typed columns, one geometry each, in an order that pages can follow."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from api.ogc.columns import ARROW, Column
from api.ogc.crs import Box

GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class About:
    """What a collection is.

    Attributes:
        id: in addresses. title, description: for people.
        group: ``assets``, ``links``, ``findings`` or ``results``.
        geometry: GeoJSON type of all its geometries, None where no feature has one.
        columns: all properties, ``id`` first.
        domain: of the assets, for colours. about: the kind or link type.
        time: properties that begin and end what ``datetime`` is compared with; an end of None is open.
        mark: changes when the features do without a new revision of the twin.
    """

    id: str
    title: str
    description: str
    group: str
    geometry: str | None
    columns: tuple[Column, ...]
    domain: str | None = None
    about: str | None = None
    time: tuple[str, str | None] | None = None
    mark: str = ""

    def column(self, name: str) -> Column | None:
        """The property of this name."""
        return next((column for column in self.columns if column.name == name), None)


class Layer:
    """A collection with its features.

    Args:
        about: what it is. size: how many features. read: gives (n,) values of a property.
        shapes: gives (n,) geometries in CRS84. keys: gives (n,) ascending keys that stay with a feature when others
            come or go: whole numbers or texts.
    """

    def __init__(
        self,
        about: About,
        size: int,
        read: Callable[[str], pa.Array],
        shapes: Callable[[], Any],
        keys: Callable[[], Sequence[Any]],
    ) -> None:
        self.about = about
        self.size = size
        self._read = read
        self._shapes = shapes
        self._keys = keys
        self._held: dict[str, pa.Array] = {}
        self._lock = threading.Lock()

    def kinds(self) -> dict[str, str]:
        """Kind of each property as filters see it, the geometry among them."""
        return {GEOMETRY: GEOMETRY, **{column.name: column.kind for column in self.about.columns}}

    def values(self, name: str) -> pa.Array:
        """(n,) values of a property; NaN is null."""
        held = self._held.get(name)
        if held is None:
            column = self.about.column(name)
            assert column is not None
            held = plain(self._read(name), ARROW[column.type])
            with self._lock:
                self._held[name] = held
        return held

    def shapes(self) -> Any:
        """(n,) geometries, longitude and latitude; None where there is none."""
        return self._placed

    @cached_property
    def _placed(self) -> Any:
        return one_type(self._shapes(), self.about.geometry)

    def tree(self) -> Any:
        """An STRtree over the geometries."""
        return self._tree

    @cached_property
    def _tree(self) -> Any:
        return shapely.STRtree(self._placed)

    @cached_property
    def keys(self) -> Sequence[Any]:
        """(n,) ascending keys of the features."""
        return self._keys()

    @cached_property
    def extent(self) -> Box | None:
        """West, south, east and north of all geometries; None where there is none."""
        if self.about.geometry is None or self.size == 0:
            return None
        west, south, east, north = shapely.total_bounds(self._placed).tolist()
        return None if np.isnan(west) else (west, south, east, north)

    def row(self, feature_id: str) -> int | None:
        """Row of the feature with this id."""
        return self._rows.get(feature_id)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.values("id").to_pylist())}


def plain(values: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    """*values* in one piece, as *kind*, NaN as null."""
    import pyarrow.compute as pc

    found = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(found, pa.ChunkedArray):  # of no chunks
        found = pa.array([], kind)
    if found.type != kind:
        found = pc.cast(found, kind)
    if pa.types.is_floating(kind):
        found = pc.if_else(pc.is_nan(found), pa.scalar(None, kind), found)
    return found


MULTI = ("MultiPoint", "MultiLineString", "MultiPolygon")


def one_type(shapes: Any, wanted: str | None) -> Any:
    """Geometries all of one type: single ones become parts of multi ones where the collection has those."""
    if wanted not in MULTI:
        return shapes
    single = wanted.removeprefix("Multi")
    found = np.array(shapes, dtype=object)
    for at in np.flatnonzero(shapely.get_type_id(found) == shapely.GeometryType[single.upper()].value):
        found[at] = getattr(shapely, wanted)([found[at]])
    return found
