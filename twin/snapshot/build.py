"""From asset and link columns to the arrays of a snapshot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import TableError
from twin.model import Finding, Origin, Reject
from twin.schema import Schema, parse_need
from twin.snapshot.arrays import Arrays, Bools, Floats, Gates, Ints
from twin.snapshot.gates import Conflict, LinkColumns, build_gates, type_table
from twin.snapshot.order import supply_order, transport_mesh

BASE_COLUMNS = ("id", "kind", "domain", "name", "lon", "lat", "geometry", "source", "run")
UNKNOWN_DOMAIN = "unknown"
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
) -> Arrays:
    """The arrays of a snapshot.

    Args:
        assets: n rows: ``id, kind, name, lon, lat, geometry`` and typed property columns.
        links: l rows: ``from, to`` (row numbers of *assets*), ``type, group, need`` (text or null).
        schema: the vocabulary. revision, store_id: what this shows. sources: import sources with times.
        findings: what reading the tables met; what building meets is added. file: what *links* are called in
            errors, None for rows of no file.

    Raises:
        TableError: links of one gate contradict each other (two values of need, two defaults).
    """
    n = assets.num_rows
    services = list(schema.services)
    columns, groups = link_columns(links, schema)
    types = type_table(schema, services, groups)
    status = _status(assets)
    in_service, planned = np.isin(status, ("", "in_service")), status == "planned"
    buffers = np.stack([_number(assets, schema.ride_through(s), 0.0) for s in services])
    gates, conflicts = build_gates(columns, types, planned, buffers, services, groups)
    if conflicts:
        raise conflict_error(conflicts, assets, file)
    grounded = [schema.services[s].grounded for s in services]
    used = sorted(set(gates.service.tolist()))
    meshes = {s: transport_mesh(columns, types, s, n) for s in range(len(services))}
    assumed = _assumed(assets, schema, gates, services) & in_service
    met = list(findings or [])
    met += _unsatisfiable(gates, assets, services, groups, in_service)
    return Arrays(
        revision=revision,
        store_id=store_id,
        schema_digest=schema.digest,
        services=services,
        grounded=grounded,
        groups=groups,
        link_types=list(schema.link_types),
        assets=_attributes(assets, schema),
        in_service=in_service,
        planned=planned,
        standby=_flag(assets, "standby", False),
        black_start=_flag(assets, "black_start", True),
        manual_restart=_flag(assets, "manual_restart", False),
        assumed=assumed,
        start_delay_s=_number(assets, "start_delay_s", 0.0),
        endurance_s=_number(assets, "endurance_s", np.inf),
        link_from=columns.source,
        link_to=columns.target,
        link_type=columns.type,
        link_group=columns.group,
        link_need=columns.need,
        gates=gates,
        orders={s: supply_order(columns, types, s, n) for s in used if grounded[s]},
        meshes={s: mesh for s, mesh in meshes.items() if mesh is not None},
        findings=[f.to_dict() for f in met],
        sources=sources or [],
    )


def link_columns(links: pa.Table, schema: Schema) -> tuple[LinkColumns, list[str]]:
    """Links as integer columns, and the group names that they use.

    ``need`` and ``group`` are text or null; a text that is no need raises ValueError (callers check first).
    """
    type_names = list(schema.link_types)
    kind, kind_names = _codes(links["type"])
    group, groups = _codes(links["group"])
    need, need_names = _codes(links["need"])
    of_kind = np.array([type_names.index(t) for t in kind_names] or [0], np.uint8)
    of_need = np.array([0 if not t.strip() else parse_need(t) for t in need_names] + [0], np.int32)
    blank = np.array([not name.strip() for name in groups] + [True])
    return LinkColumns(
        source=np.ascontiguousarray(links["from"].to_numpy(), np.int32),
        target=np.ascontiguousarray(links["to"].to_numpy(), np.int32),
        type=of_kind[kind],
        group=np.where(blank[group], -1, group).astype(np.int32),
        need=of_need[need],
    ), groups


def _codes(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """Dictionary codes of a text column (-1 for null) and its words."""
    whole = pc.cast(column, pa.string()).combine_chunks().dictionary_encode()
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes, whole.dictionary.to_pylist()


def _status(assets: pa.Table) -> Any:
    if "status" not in assets.column_names:
        return np.full(assets.num_rows, "", dtype="<U16")
    codes, names = _codes(assets["status"])
    return np.array([*names, ""], dtype="<U16")[codes]


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
        elif name in ("kind", "source", "run") and name in assets.column_names:
            columns[name] = pc.cast(assets[name], pa.string()).combine_chunks().dictionary_encode()
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


def _unsatisfiable(
    gates: Gates, assets: pa.Table, services: list[str], groups: list[str], in_service: Bools
) -> list[Finding]:
    never = np.flatnonzero((gates.need > gates.size) & in_service[gates.owner])
    found = []
    for g in never:
        owner = assets["id"][int(gates.owner[g])].as_py()
        what = f"gate {services[gates.service[g]]}/{groups[gates.group[g]]} of {owner}"
        if gates.size[g] == 0:
            message = f"All members of the {what} are planned: it never holds."
        else:
            message = f"The {what} needs {gates.need[g]} of {gates.size[g]} members: it never holds."
        found.append(
            Finding("gate_unsatisfiable", "error", message, "Correct `need`, or add the missing links.", (owner,))
        )
    return found


def conflict_error(conflicts: list[Conflict], assets: pa.Table, file: str | None) -> TableError:
    """All contradicting gates as one error; rows of *file* count from 2, below the header, None has no rows."""
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
    for conflict in conflicts:
        code, says, fix = what[conflict.what]
        owner = assets["id"][conflict.owner].as_py()
        message = f"gate {conflict.service}/{conflict.group} of {owner} {says}"
        where = Origin("the graph")
        if file is not None:
            where = Origin(file, conflict.links[0] + 2, "need")
            message += f" (rows {', '.join(str(row + 2) for row in conflict.links[:SHOWN])})"
        rejects.append(Reject(where, code, message, fix))
    lines = "; ".join(f"{r.origin}: {r.message}" for r in rejects[:SHOWN])
    return TableError(lines, rejects=rejects, fix=rejects[0].fix)
