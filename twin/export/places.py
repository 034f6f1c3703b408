"""Where the rows of a table are: the shapes of their assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from twin.snapshot.arrays import Longs

if TYPE_CHECKING:
    from twin.snapshot.catalogue import Catalogue

Shapes = npt.NDArray[np.object_]
#: From this share of all assets on, their ids are looked up all at once.
MANY = 50


def named(catalogue: Catalogue, table: pa.Table) -> pa.Table:
    """*table* with ``kind, domain, name`` of the assets in ``id`` where it has these columns and they are empty."""
    lacking = [
        name
        for name in ("kind", "domain", "name")
        if name in table.column_names and "id" in table.column_names and table[name].null_count == table.num_rows
    ]
    if not lacking or not table.num_rows:
        return table
    rows = rows_of(catalogue, table["id"])
    place = pa.array(rows, mask=rows < 0)
    for name in lacking:
        found = catalogue.table[name].take(place).cast(pa.string())
        table = table.set_column(table.column_names.index(name), name, found)
    return table


def shapes_at(catalogue: Catalogue | None, table: pa.Table, at: str | None) -> Shapes:
    """The shape of each row in WGS 84, None where it has no place.

    Args:
        catalogue: of the snapshot that the rows are about, None for none. at: column with an asset's id, whose shape
            it is, or with a list of ids: then it is the places of them all as a MultiPoint. None: no row has a place.
    """
    if catalogue is None or at is None or at not in table.column_names:
        return np.full(table.num_rows, None, object)
    column = table[at]
    if pa.types.is_list(column.type):
        return _together(catalogue, column)
    return shapes_of(catalogue.table, rows_of(catalogue, column))


def rows_of(catalogue: Catalogue, ids: pa.ChunkedArray) -> Longs:
    """Row of each id, -1 for one that no asset has."""
    if len(ids) * MANY < len(catalogue.table):
        looked_up = [None if name is None else catalogue.find(name) for name in ids.to_pylist()]
        return np.array([-1 if row is None else row for row in looked_up], np.int64)
    return row_numbers(catalogue.table, ids.cast(pa.string()))


def row_numbers(assets: pa.Table, ids: pa.Array | pa.ChunkedArray) -> Longs:
    """Row of each id in a table of assets, -1 for one that is not there; all looked up at once."""
    place = pc.index_in(ids, value_set=assets["id"].combine_chunks())
    found: Longs = place.fill_null(-1).to_numpy().astype(np.int64)
    return found


def shapes_of(assets: pa.Table, rows: Longs) -> Shapes:
    """The shapes of assets, -1 of none: their geometry, else the point ``lon, lat``."""
    import shapely

    place = pa.array(rows, mask=rows < 0)
    found = assets.select(["lon", "lat", "geometry"]).take(place)
    shapes: Shapes = np.asarray(shapely.from_wkb(np.array(found["geometry"].to_pylist(), dtype=object)))
    lon, lat = (_floats(found[name]) for name in ("lon", "lat"))
    points = shapely.is_missing(shapes) & ~np.isnan(lon) & ~np.isnan(lat)
    shapes[points] = shapely.points(lon[points], lat[points])
    return shapes


def _together(catalogue: Catalogue, column: pa.ChunkedArray) -> Shapes:
    """A MultiPoint of the places of each list of ids."""
    import shapely

    lists = column.combine_chunks()
    shapes = shapes_of(catalogue.table, rows_of(catalogue, pa.chunked_array([lists.flatten()], pa.string())))
    there = ~shapely.is_missing(shapes)
    points: Any = shapely.point_on_surface(shapes[there])
    owner = pc.list_parent_indices(lists).to_numpy()[there]
    made: Shapes = np.full(len(lists), None, object)
    if len(points):
        known, start = np.unique(owner, return_index=True)
        made[known] = [shapely.multipoints(part) for part in np.split(points, start[1:])]
    return made


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    return values
