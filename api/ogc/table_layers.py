"""Collections made of rows: findings, and what results say of assets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from api.ogc.asset_layers import CLASSES, SUFFIXES, classes
from api.ogc.columns import ARROW, Column
from api.ogc.layer import About, Layer
from twin.impact import Snapshot
from twin.model import Finding

FINDING = (
    Column("id", "string", "Code, number of the finding and the asset it concerns."),
    Column("code", "string", "Stable code, see the findings page of the documentation."),
    Column("severity", "enum", "How bad it is.", values=("error", "warning", "info")),
    Column("message", "string", "What was seen."),
    Column("fix", "string", "What to do."),
    Column("asset", "string", "Id of the asset that it concerns; null where it concerns none."),
    Column("kind", "string", "Kind of that asset."),
    Column("domain", "string", "Domain of that asset."),
    Column("count", "integer", "How many things the finding stands for."),
    Column("origin", "string", "File, row and column where known."),
)


def table_layers(
    about: About, columns: Mapping[str, Sequence[Any]], shapes: Any, usual: str, always: bool = False
) -> Iterator[Layer]:
    """Rows as one layer per class of geometry that they have.

    Args:
        about: of all; the layers' ids and titles end in what tells them apart.
        columns: (n,) values of each property. shapes: (n,) geometries in CRS84, or None.
        usual: the class whose layer has the plain id. always: give that layer even if it is empty.
    """
    found = classes(shapely.get_type_id(shapes))
    for form in (*CLASSES, "none"):
        rows = np.flatnonzero(found == form)
        if len(rows) or (always and form == usual):
            yield _layer(about, columns, shapes[rows], form, rows, form == usual)


def _layer(about: About, columns: Mapping[str, Sequence[Any]], shapes: Any, form: str, rows: Any, plain: bool) -> Layer:
    def read(name: str) -> pa.Array:
        column = about.column(name)
        assert column is not None
        return pa.array(columns[name], ARROW[column.type]).take(pa.array(rows))

    geometry = None
    if form != "none":
        single, several, numbers = CLASSES[form]
        geometry = several if (shapely.get_type_id(shapes) == numbers[1]).any() else single
    own = replace(
        about,
        id=about.id if plain else f"{about.id}-{SUFFIXES[form]}",
        title=about.title if plain else f"{about.title} ({SUFFIXES[form]})",
        geometry=geometry,
    )
    return Layer(own, len(rows), read, lambda: shapes, lambda: rows)


def finding_layers(snapshot: Snapshot, findings: Sequence[Finding]) -> Iterator[Layer]:
    """What is wrong in the data, once for each asset that it concerns."""
    told = [(number, finding, asset) for number, finding in enumerate(findings) for asset in finding.assets or (None,)]
    rows = np.array([-1 if asset is None else _row(snapshot, asset) for _, _, asset in told], np.int64)
    columns: dict[str, Sequence[Any]] = {
        "id": [f"{f.code} {number} {asset or ''}".strip() for number, f, asset in told],
        **{name: [getattr(f, name) for _, f, _ in told] for name in ("code", "severity", "message", "fix", "count")},
        "asset": [asset for _, _, asset in told],
        "origin": [str(f.origin) if f.origin else None for _, f, _ in told],
        **at_assets(snapshot, rows),
    }
    about = About("findings", "findings", "What is wrong or missing in the data.", "findings", None, FINDING)
    yield from table_layers(about, columns, shapes_at(snapshot, rows), "point")


def at_assets(snapshot: Snapshot, rows: Any) -> dict[str, Sequence[Any]]:
    """Kind and domain of assets by row, None for row -1."""
    at = pa.array(rows, mask=rows < 0)
    table = snapshot.arrays.assets
    return {name: table[name].take(at).to_pylist() for name in ("kind", "domain")}


def shapes_at(snapshot: Snapshot, rows: Any) -> Any:
    """(r,) geometries of assets by row; None for row -1."""
    shapes = np.full(len(rows), None, dtype=object)
    shapes[rows >= 0] = snapshot.places.shapes[rows[rows >= 0]]
    return shapes


def _row(snapshot: Snapshot, asset_id: str) -> int:
    row = snapshot.catalogue.find(asset_id)
    return -1 if row is None else row
