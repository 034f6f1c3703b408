"""From asset and link columns to the arrays of a snapshot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import TableError
from twin.model import Finding, Origin, Reject
from twin.schema import Schema, parse_need
from twin.snapshot.adjacency import adjacencies, carriers
from twin.snapshot.arrays import Arrays, Bools, Floats, Gates, Indices, Ints, Longs, Mesh
from twin.snapshot.gates import Conflict, LinkColumns, TypeTable, build_gates, type_table
from twin.snapshot.ids import id_table
from twin.snapshot.measured import link_measures
from twin.snapshot.numbering import breadth_first, sort_links
from twin.snapshot.order import supply_order, transport_meshes
from twin.snapshot.sorting import pointers

BASE_COLUMNS = ("id", "kind", "domain", "name", "lon", "lat", "geometry", "source", "run")
#: Columns of few different words.
ENCODED = ("kind", "source", "run")
UNKNOWN_DOMAIN = "unknown"
#: Codes of findings about assets that an import left without a supplier.
UNSUPPLIED = ("last_supplier_removed", "supplier_skipped")
SHOWN = 20


def build(
    assets: pa.Table,
    links: pa.Table,
    schema: Schema,
    *,
    revision: int = 0,
    store_id: str = "",
    sources: list[dict[str, Any]] | None = None,
    findings: list[Finding] | None = None,
    file: str | None = "links.csv",
    state_id: str = "",
    place: Longs | None = None,
    renumber: bool = True,
) -> Arrays:
    """The arrays of a snapshot.

    Args:
        assets: n rows: ``id, kind, name, lon, lat, geometry`` and typed property columns.
        links: l rows: ``from, to`` (row numbers of *assets*), ``type, group, need`` (text or null), and any of
            ``length_km, latency_ms``.
        schema: the vocabulary. revision, store_id: what this shows. sources: import sources with times.
        findings: what reading the tables met; what building meets is added. file: what *links* are called in
            errors, None for rows of no file.
        place: (n,) position of each asset in lists, its row by default.
        renumber: number the assets for locality; False keeps the order given (for comparison).

    Neither the order of *links* nor how the tables are cut into chunks makes a difference.

    Raises:
        TableError: links of one gate contradict each other (two values of need, two defaults).
    """
    n = assets.num_rows
    services = list(schema.services)
    place = np.arange(n, dtype=np.int64) if place is None else place
    assets = _encoded(assets)
    columns, groups = link_columns(links, schema)
    types = type_table(schema, services, groups)
    if renumber and n:
        assets, place, columns = _renumbered(assets, schema, place, columns, types)
    columns, origin = sort_links(columns, n, len(groups))
    in_service, planned = _states(assets)
    buffers = np.stack([_number(assets, schema.ride_through(s), 0.0) for s in services])
    gates, need_all, conflicts = build_gates(columns, types, planned, buffers, services, groups)
    if conflicts:
        raise conflict_error(conflicts, assets, file, origin)
    meshes = transport_meshes(columns, types, n)
    grounded = [schema.services[s].grounded for s in services]
    return Arrays(
        revision=revision,
        store_id=store_id,
        state_id=state_id,
        schema_digest=schema.digest,
        services=services,
        grounded=grounded,
        groups=groups,
        link_types=list(schema.link_types),
        assets=_attributes(assets, schema),
        in_service=in_service,
        planned=planned,
        removed=np.zeros(n, bool),
        place=place,
        gates=gates,
        need_all=need_all,
        orders={
            s: supply_order(columns, types, s, n)
            for s in np.flatnonzero(np.bincount(gates.service)).tolist()
            if grounded[s]
        },
        meshes=meshes,
        **_followed(gates, meshes, n),
        sources=sources or [],
        **_judged(assets, schema, gates, groups, in_service, place, list(findings or [])),
        **timing(assets),
        **_tables(assets, columns, n),
        **link_measures(links, columns, origin),
    )


def _followed(gates: Gates, meshes: dict[int, Mesh], n: int) -> dict[str, Any]:
    """What to follow from an asset, down and up."""
    carrier = carriers(gates, meshes, n)
    down, up = adjacencies(gates, meshes, carrier, n)
    return {"carriers": carrier, "down": down, "up": up}


def timing(assets: pa.Table) -> dict[str, Any]:
    """What decides when a source delivers and what comes back."""
    return {
        "standby": _flag(assets, "standby", False),
        "black_start": _flag(assets, "black_start", True),
        "manual_restart": _flag(assets, "manual_restart", False),
        "start_delay_s": _number(assets, "start_delay_s", 0.0),
        "endurance_s": _number(assets, "endurance_s", np.inf),
    }


def _tables(assets: pa.Table, columns: LinkColumns, n: int) -> dict[str, Any]:
    """The id table and the links with their two indexes."""
    id_hash, id_row = id_table(assets["id"])
    in_ptr, in_link = incoming(columns.target, n)
    return {
        "id_hash": id_hash,
        "id_row": id_row,
        "link_from": columns.source,
        "link_to": columns.target,
        "link_type": columns.type,
        "link_group": columns.group,
        "link_need": columns.need,
        "out_ptr": pointers(columns.source, n),
        "in_ptr": in_ptr,
        "in_link": in_link,
    }


def _judged(
    assets: pa.Table,
    schema: Schema,
    gates: Gates,
    groups: list[str],
    in_service: Bools,
    place: Longs,
    met: list[Finding],
) -> dict[str, Any]:
    """What is only assumed to be supplied, and all findings; *met*: those of reading the tables."""
    services = list(schema.services)
    assumed = (_assumed(assets, schema, gates, services) | _unsupplied(assets, met)) & in_service
    never = unsatisfiable(gates, assets["id"], services, groups, in_service, place)
    return {"assumed": assumed, "findings": [f.to_dict() for f in met + never]}


def _encoded(assets: pa.Table) -> pa.Table:
    """The table with the columns that have few different words as dictionaries."""
    for name in ENCODED:
        if name in assets.column_names:
            column = assets[name].combine_chunks()
            if pa.types.is_dictionary(column.type):
                column = column.cast(pa.dictionary(pa.int32(), pa.string()))
            else:
                column = pc.cast(column, pa.string()).dictionary_encode()
            assets = assets.set_column(assets.column_names.index(name), name, column)
    return assets


def _renumbered(
    assets: pa.Table, schema: Schema, place: Longs, columns: LinkColumns, types: TypeTable
) -> tuple[pa.Table, Longs, LinkColumns]:
    """Assets in the order that keeps neighbours together, and links that speak of their new rows."""
    kind, names = _codes(assets["kind"])
    known = list(schema.domains)
    of_kind = [known.index(schema.kinds[k].domain) if k in schema.kinds else len(known) for k in names]
    order = breadth_first(np.array([*of_kind, len(known)], np.int32)[kind], columns, types)
    row_of = np.empty(len(order), np.int32)
    row_of[order] = np.arange(len(order), dtype=np.int32)
    moved = replace(columns, source=row_of[columns.source], target=row_of[columns.target])
    return assets.take(pa.array(order)), place[order], moved


def incoming(target: Ints, n: int) -> tuple[Indices, Indices]:
    """Links by their end: where those of each asset begin, and the links, which keep their order."""
    from twin.snapshot import kernels

    ptr, order = kernels.count_sort(target, n)
    return ptr, order


def link_columns(links: pa.Table, schema: Schema) -> tuple[LinkColumns, list[str]]:
    """Links as integer columns, and the group names that they use, sorted.

    ``need`` and ``group`` are text or null; a text that is no need raises ValueError (callers check first).
    """
    type_names = list(schema.link_types)
    kind, kind_names = _codes(links["type"])
    group, named = _codes(links["group"])
    need, need_names = _codes(links["need"])
    groups = sorted(name for name in named if name.strip())
    of_kind = np.array([type_names.index(t) for t in kind_names] or [0], np.uint8)
    of_need = np.array([0 if not t.strip() else parse_need(t) for t in need_names] + [0], np.int32)
    position = {name: place for place, name in enumerate(groups)}
    of_group = np.array([position.get(name, -1) for name in named] + [-1], np.int32)
    return LinkColumns(
        source=np.ascontiguousarray(links["from"].to_numpy(), np.int32),
        target=np.ascontiguousarray(links["to"].to_numpy(), np.int32),
        type=of_kind[kind],
        group=of_group[group],
        need=of_need[need],
    ), groups


def _codes(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """Dictionary codes of a text column (-1 for null) and its words."""
    whole = column.combine_chunks()
    if not pa.types.is_dictionary(whole.type):
        whole = pc.cast(whole, pa.string()).dictionary_encode()
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes, whole.dictionary.to_pylist()


def _states(assets: pa.Table) -> tuple[Bools, Bools]:
    """(n,) in service, and (n,) planned."""
    if "status" not in assets.column_names:
        return np.ones(assets.num_rows, bool), np.zeros(assets.num_rows, bool)
    codes, names = _codes(assets["status"])
    working = np.array([*(name in ("", "in_service") for name in names), True])
    return working[codes], np.array([*(name == "planned" for name in names), False])[codes]


def _flag(assets: pa.Table, name: str, default: bool) -> Bools:
    if name not in assets.column_names:
        return np.full(assets.num_rows, default)
    values: Bools = pc.cast(assets[name], pa.bool_()).fill_null(default).to_numpy(zero_copy_only=False).astype(bool)
    return values


def _number(assets: pa.Table, name: str, default: float) -> Floats:
    if name not in assets.column_names:
        return np.full(assets.num_rows, default)
    values = pc.cast(assets[name], pa.float64()).fill_null(default)
    return np.ascontiguousarray(values.to_numpy(zero_copy_only=False), np.float64)


def _attributes(assets: pa.Table, schema: Schema) -> pa.Table:
    """The attribute table with the base columns first, in one chunk each."""
    n = assets.num_rows
    kind, names = _codes(assets["kind"])
    domains = [schema.kinds[k].domain if k in schema.kinds else UNKNOWN_DOMAIN for k in names]
    empty = {"geometry": pa.binary(), "lon": pa.float64(), "lat": pa.float64()}
    columns: dict[str, Any] = {}
    for name in BASE_COLUMNS:
        if name == "domain":
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(kind), pa.array(domains, pa.string()))
        elif name in assets.column_names:
            columns[name] = assets[name].combine_chunks()
        else:
            columns[name] = pa.nulls(n, empty.get(name, pa.string()))
    for name in assets.column_names:
        if name not in columns:
            columns[name] = assets[name].combine_chunks()
    return pa.table(columns)


def _assumed(assets: pa.Table, schema: Schema, gates: Gates, services: list[str]) -> Bools:
    kind, names = _codes(assets["kind"])
    assumed = np.zeros(assets.num_rows, bool)
    for s, service in enumerate(services):
        needs = np.array([k in schema.kinds and service in schema.kinds[k].requires for k in names] + [False])
        has = np.zeros(assets.num_rows, bool)
        has[gates.owner[gates.service == s]] = True
        assumed |= needs[kind] & ~has
    return assumed


def _unsupplied(assets: pa.Table, findings: list[Finding]) -> Bools:
    """Assets whose supplier an import removed or left out: they are not known to be sources."""
    ids = [asset for finding in findings if finding.code in UNSUPPLIED for asset in finding.assets]
    if not ids:
        return np.zeros(assets.num_rows, bool)
    found: Bools = pc.is_in(assets["id"], pa.array(ids, pa.string())).to_numpy(zero_copy_only=False).astype(bool)
    return found


def unsatisfiable(
    gates: Gates, ids: pa.ChunkedArray, services: list[str], groups: list[str], in_service: Bools, place: Longs
) -> list[Finding]:
    """Findings about gates that never hold, in the order of their owners in lists."""
    never = np.flatnonzero((gates.need > gates.size) & in_service[gates.owner])
    found = []
    for g in never[np.argsort(place[gates.owner[never]], kind="stable")]:
        owner = ids[int(gates.owner[g])].as_py()
        what = f"gate {services[gates.service[g]]}/{groups[gates.group[g]]} of {owner}"
        if gates.size[g] == 0:
            message = f"All members of the {what} are planned: it never holds."
        else:
            message = f"The {what} needs {gates.need[g]} of {gates.size[g]} members: it never holds."
        found.append(
            Finding("gate_unsatisfiable", "error", message, "Correct `need`, or add the missing links.", (owner,))
        )
    return found


def conflict_error(conflicts: list[Conflict], assets: pa.Table, file: str | None, origin: Indices) -> TableError:
    """All contradicting gates as one error, in the order of their links.

    Args:
        file: rows of it count from 2, below the header; None has no rows. origin: (l,) row of each link there.
    """
    what = {
        "need": (
            "conflicting_need",
            "has two values of `need`",
            "Give one value per consumer, service and group.",
        ),
        "default": (
            "conflicting_need",
            "has link types with two default needs",
            "Write `need` on one of the rows.",
        ),
        "effect": (
            "conflicting_effect",
            "mixes link types of different effect",
            "Put them into groups of their own.",
        ),
    }
    rejects = []
    lines_of = [sorted(origin[conflict.links].tolist()) for conflict in conflicts]
    for rows, conflict in sorted(zip(lines_of, conflicts, strict=True), key=lambda pair: pair[0]):
        code, says, fix = what[conflict.what]
        owner = assets["id"][conflict.owner].as_py()
        message = f"gate {conflict.service}/{conflict.group} of {owner} {says}"
        where = Origin("the graph")
        if file is not None:
            where = Origin(file, rows[0] + 2, "need")
            message += f" (rows {', '.join(str(row + 2) for row in rows[:SHOWN])})"
        rejects.append(Reject(where, code, message, fix))
    lines = "; ".join(f"{r.origin}: {r.message}" for r in rejects[:SHOWN])
    return TableError(lines, rejects=rejects, fix=rejects[0].fix)
