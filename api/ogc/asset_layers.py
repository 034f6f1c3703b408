"""Collections of assets: one per kind and type of geometry, and one for those of a kind that have no place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from api.ogc.columns import Column, of_property
from api.ogc.cql.values import UTC_US, microseconds
from api.ogc.layer import About, Layer
from twin.impact import Snapshot
from twin.impact.attributes import REDUNDANCIES, STATES, attributes
from twin.impact.attributes.derived import NOT_COUNTED
from twin.schema import Schema
from twin.snapshot.build import BASE_COLUMNS

#: Class of geometry -> type when all are single, type when some are not, number of the types of GEOS.
CLASSES: dict[str, tuple[str, str, tuple[int, int]]] = {
    "point": ("Point", "MultiPoint", (0, 4)),
    "line": ("LineString", "MultiLineString", (1, 5)),
    "polygon": ("Polygon", "MultiPolygon", (3, 6)),
    "mixed": ("GeometryCollection", "GeometryCollection", (7, 7)),
}
#: What a collection's id ends in when its geometry is not what the kind usually has.
SUFFIXES = {"point": "points", "line": "lines", "polygon": "areas", "mixed": "mixed", "none": "noplace"}
RING = 2
#: What the usual geometry of a kind is called in the schema when it may be anything.
ANY = "point"

HEAD = (
    Column("id", "string", "Id of the asset: source, colon and native id."),
    Column("kind", "string", "Kind of asset, see the schema."),
    Column("domain", "string", "Domain that owns the kind."),
    Column("name", "string", "Display name."),
    Column("source", "string", "Export that the asset comes from."),
    Column("imported_at", "date-time", "When that source was imported last."),
)
TAIL = (
    Column("state", "enum", "Whether it works before any event.", values=STATES),
    Column(
        "redundancy",
        "enum",
        "spare: where suppliers stand in for each other, each of these has one to spare; none: for one of its needs "
        "none is to spare; undivided: it needs all of its suppliers, or a mesh; source: it needs nothing.",
        values=REDUNDANCIES,
    ),
    Column("spare_min", "integer", "Fewest suppliers to spare over its needs where suppliers stand in for each other."),
    Column("dependents_count", "integer", "How many assets depend on it, directly or not."),
    Column("loss_count", "integer", "How many other assets go down for good when it alone fails."),
    Column("upstream_substation", "string", "Id of the substation that it is the fewest links below."),
)
ADDED = {column.name for column in (*HEAD, *TAIL)}


def asset_layers(snapshot: Snapshot, schema: Schema) -> Iterator[Layer]:
    """One layer per kind and class of geometry, in the order of the schema; unknown kinds last."""
    table = snapshot.arrays.assets
    rows = snapshot.catalogue.listing
    kinds = pc.cast(table["kind"], pa.string()).combine_chunks().dictionary_encode()
    names = kinds.dictionary.to_pylist()
    code = kinds.indices.to_numpy()[rows]
    types = shapely.get_type_id(snapshot.places.shapes)
    order = [*(kind for kind in schema.kinds if kind in names), *(kind for kind in names if kind not in schema.kinds)]
    for kind in order:
        mine = rows[code == names.index(kind)]
        found = classes(types[mine])
        for form in [name for name in (*CLASSES, "none") if (found == name).any()]:
            yield _layer(snapshot, schema, kind, form, mine[found == form])


def classes(types: Any) -> Any:
    """Class of geometry of each type number of GEOS; a ring is a line, -1 is ``none``."""
    found = np.full(len(types), "none", dtype=object)
    for name, (_, _, numbers) in CLASSES.items():
        found[np.isin(types, numbers)] = name
    found[types == RING] = "line"
    return found


def _layer(snapshot: Snapshot, schema: Schema, kind: str, form: str, rows: Any) -> Layer:
    known = schema.kinds.get(kind)
    domain = known.domain if known else "unknown"
    usual = known.geometry if known and known.geometry != "any" else ANY
    suffix = "" if form == usual else f"-{SUFFIXES[form]}"
    words = kind.replace("_", " ")
    about = About(
        id=f"{domain}-{kind}{suffix}",
        title=f"{domain}: {words}" + (f" ({SUFFIXES[form]})" if suffix else ""),
        description=(known.description if known else "A kind that the schema does not know.")
        + (" These have no known place." if form == "none" else ""),
        group="assets",
        geometry=_geometry(snapshot.places.shapes[rows], form),
        columns=_columns(snapshot, schema, kind, rows),
        domain=domain,
        about=kind,
        time=("imported_at", None),
    )
    return Layer(
        about,
        len(rows),
        lambda name: _read(snapshot, name, rows),
        lambda: snapshot.places.shapes[rows],
        lambda: snapshot.arrays.place[rows],
    )


def _geometry(shapes: Any, form: str) -> str | None:
    if form == "none":
        return None
    single, several, numbers = CLASSES[form]
    return several if (shapely.get_type_id(shapes) == numbers[1]).any() else single


def _columns(snapshot: Snapshot, schema: Schema, kind: str, rows: Any) -> tuple[Column, ...]:
    """The kind's own properties between what all have; beyond the schema, what some of the rows carry."""
    table = snapshot.arrays.assets
    own: Mapping[str, Any] = schema.kind_properties(kind) if kind in schema.kinds else {}
    found = [of_property(prop) for name, prop in own.items() if name not in ADDED]
    taken = pa.array(rows)
    for name in table.column_names:
        if name in own or name in ADDED or name in BASE_COLUMNS:
            continue
        if table[name].take(taken).null_count < len(rows):
            found.append(
                of_property(schema.properties[name])
                if name in schema.properties
                else Column(name, _type(table[name].type), "A property that the schema does not know.")
            )
    return (*HEAD, *found, *TAIL)


def _type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    return "number" if pa.types.is_floating(kind) else "string"


def _read(snapshot: Snapshot, name: str, rows: Any) -> pa.Array:
    table, made = snapshot.arrays.assets, attributes(snapshot.system)
    if name == "imported_at":
        return imported_at(snapshot, pc.cast(table["source"], pa.string()).take(pa.array(rows)))
    if name == "state":
        return _words(STATES, made.state[rows])
    if name == "redundancy":
        return _words(REDUNDANCIES, made.redundancy[rows])
    if name == "spare_min":
        return pa.array(made.spare[rows].astype(np.int64), mask=made.spare[rows] == NOT_COUNTED)
    if name == "dependents_count":
        return pa.array(made.dependents[rows])
    if name == "loss_count":
        return pa.array(made.losses[rows])
    if name == "upstream_substation":
        station = made.substation[rows]
        return table["id"].take(pa.array(station, mask=station < 0))
    if name not in table.column_names:
        return pa.nulls(len(rows), pa.string())
    found = table[name].take(pa.array(rows))
    return pc.fill_null(found, "in_service") if name == "status" else found


def _words(words: tuple[str, ...], codes: Any) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(codes))


def imported_at(snapshot: Snapshot, source: Any) -> pa.Array:
    """When the source of each asset was imported last; null where nobody wrote it down."""
    known = {
        row["source"]: microseconds(str(row["imported_at"]).replace("Z", "+00:00"))
        for row in snapshot.arrays.sources
        if row.get("imported_at")
    }
    coded = source.combine_chunks().dictionary_encode()
    times = pa.array([known.get(word) for word in coded.dictionary.to_pylist()], pa.int64())
    return pc.cast(times.take(coded.indices), UTC_US)
