"""What-if on a snapshot without copying it: assets failed, removed or added, links added or removed.

An overlay shares with its base every array that does not change, and the columns of the attributes. A gate that
loses links stays in place with fewer members, down to none (design §4): what it fed is down, not a source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from twin.schema import Schema
from twin.snapshot.adjacency import adjacencies, carriers
from twin.snapshot.arrays import Arrays, Ints, Longs, Mesh, Order
from twin.snapshot.build import UNSUPPLIED, incoming, timing, unsatisfiable
from twin.snapshot.changes import Changes, Resolved, resolve
from twin.snapshot.gates import LinkColumns, TypeTable, type_table
from twin.snapshot.ids import with_ids
from twin.snapshot.order import supply_order, transport_mesh
from twin.snapshot.sorting import pointers
from twin.snapshot.splice import splice, touched_gates
from twin.snapshot.tables import ARROW_TYPES

NEVER_HOLDS = "gate_unsatisfiable"


class Overlay:
    """A pile of changes on a base; ``arrays`` is what the top of it looks like.

    Example:
        >>> pile = Overlay(arrays, schema)  # doctest: +SKIP
        >>> pile.apply(Changes(failed=["grid:line-7"])); pile.undo() is arrays
        True
    """

    def __init__(self, base: Arrays, schema: Schema) -> None:
        """Args: base: never changed. schema: the one it was built with."""
        self.schema = schema
        self._pile = [base]

    @property
    def arrays(self) -> Arrays:
        """The base with all changes."""
        return self._pile[-1]

    def apply(self, changes: Changes) -> Arrays:
        """Put changes on top, and return what it looks like then. Raises as :func:`changed` does."""
        self._pile.append(changed(self.arrays, changes, self.schema))
        return self.arrays

    def undo(self) -> Arrays:
        """Take the last changes away; what was before is the very same object. The base stays."""
        if len(self._pile) > 1:
            self._pile.pop()
        return self.arrays


def changed(base: Arrays, changes: Changes, schema: Schema) -> Arrays:
    """*base* with *changes*; rows of assets keep their numbers, new ones come last.

    Raises:
        UnknownAsset, InvalidParameter: see :func:`twin.snapshot.changes.resolve`; or an added link contradicts the
            others of its gate.
    """
    what = resolve(changes, base, schema)
    groups = what.groups
    types = type_table(schema, base.services, groups)
    arrays = _with_assets(base, what, schema) if what.assets else base
    arrays = replace(arrays, groups=groups)
    gone = np.union1d(what.gone, _links_of(base, what.removed))
    owners = np.zeros(0, np.int32)
    if len(gone) or len(what.links.source):
        arrays, owners = _with_links(arrays, gone, what.links, types, schema)
    elif what.assets:
        arrays = _followed(arrays)
    return _with_states(arrays, what, owners, base.n, schema)


def _links_of(arrays: Arrays, rows: Ints) -> Longs:
    """Links that leave or enter *rows*."""
    out = [np.arange(arrays.out_ptr[v], arrays.out_ptr[v + 1]) for v in rows.tolist()]
    into = [arrays.in_link[arrays.in_ptr[v] : arrays.in_ptr[v + 1]] for v in rows.tolist()]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *out, *into]).astype(np.int64))


# -- assets -------------------------------------------------------------------------------------------------


def _with_assets(arrays: Arrays, what: Resolved, schema: Schema) -> Arrays:
    """The arrays with new assets at the end, without links yet."""
    n, more = arrays.n, len(what.assets)
    table = _table(arrays.assets, what.assets, schema)
    fresh = table.slice(n).combine_chunks()
    status = [str(row.get("status") or "in_service") for row in what.assets]
    flags = {
        "in_service": np.array([s == "in_service" for s in status]),
        "planned": np.array([s == "planned" for s in status]),
        "assumed": np.zeros(more, bool),
        "removed": np.zeros(more, bool),
        "place": np.arange(more) + int(arrays.place.max(initial=-1)) + 1,
        **timing(fresh),
    }
    columns: dict[str, Any] = {name: np.concatenate([getattr(arrays, name), flag]) for name, flag in flags.items()}
    id_hash, id_row = with_ids(arrays.id_hash, arrays.id_row, [row["id"] for row in what.assets], n)
    gates = replace(
        arrays.gates, own_ptr=_longer(arrays.gates.own_ptr, more), use_ptr=_longer(arrays.gates.use_ptr, more)
    )
    outside = np.full(more, -1, np.int32)
    return replace(
        arrays,
        assets=table,
        id_hash=id_hash,
        id_row=id_row,
        out_ptr=_longer(arrays.out_ptr, more),
        in_ptr=_longer(arrays.in_ptr, more),
        gates=gates,
        orders={
            s: Order(order.asset, order.start, np.concatenate([order.component, outside]))
            for s, order in arrays.orders.items()
        },
        meshes={s: Mesh(_longer(mesh.ptr, more), mesh.to) for s, mesh in arrays.meshes.items()},
        **columns,
    )


def _longer(ptr: Any, more: int) -> Any:
    return np.concatenate([ptr, np.full(more, ptr[-1], ptr.dtype)])


def _table(base: pa.Table, rows: list[dict[str, Any]], schema: Schema) -> pa.Table:
    """The attributes with new rows, in chunks: what was there is not copied."""
    rows = [{**row, "domain": schema.kinds[row["kind"]].domain} for row in rows]
    names = [*base.column_names, *dict.fromkeys(name for row in rows for name in row if name not in base.column_names)]
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if name in base.column_names:
            old = base[name]
        else:
            old = pa.chunked_array([pa.nulls(base.num_rows, ARROW_TYPES[schema.properties[name].type])])
        if pa.types.is_dictionary(old.type):
            whole = old.combine_chunks()
            words = whole.dictionary.to_pylist()
            words += [word for word in dict.fromkeys(values) if word is not None and word not in words]
            codes = [pa.array([None if v is None else words.index(v) for v in values], whole.indices.type)]
            chunks = [pa.DictionaryArray.from_arrays(c, pa.array(words, pa.string())) for c in [whole.indices, *codes]]
        else:
            chunks = [*old.chunks, pa.array(values, old.type)]
        columns[name] = pa.chunked_array(chunks)
    return pa.table(columns)


# -- links --------------------------------------------------------------------------------------------------


def _with_links(
    arrays: Arrays, gone: Longs, added: LinkColumns, types: TypeTable, schema: Schema
) -> tuple[Arrays, Ints]:
    """The arrays with links taken out and put in, and the owners of the gates that these touch."""
    n = arrays.n
    before = LinkColumns(arrays.link_from, arrays.link_to, arrays.link_type, arrays.link_group, arrays.link_need)
    both = _joined(before.take(gone), added)
    touched = touched_gates(both, types, len(added.source))
    links, moved = _merged(before, gone, added, arrays.out_ptr)
    still = np.flatnonzero(~np.isin(arrays.measured, gone))
    out_ptr = pointers(links.source, n)
    in_ptr, in_link = incoming(links.target, n)
    arrays = replace(
        arrays,
        link_from=links.source,
        link_to=links.target,
        link_type=links.type,
        link_group=links.group,
        link_need=links.need,
        measured=moved(arrays.measured[still]),
        measured_km=arrays.measured_km[still],
        measured_ms=arrays.measured_ms[still],
        out_ptr=out_ptr,
        in_ptr=in_ptr,
        in_link=in_link,
    )
    owners = np.unique(touched.owner)
    gates, need_all = splice(
        arrays.gates, arrays.need_all, links, _links_of(arrays, owners), touched, types, arrays.planned,
        len(arrays.groups), partial(_buffer, arrays, schema),
    )  # fmt: skip
    orders, meshes = dict(arrays.orders), dict(arrays.meshes)
    kinds = np.unique(both.type)
    for service in {int(types.service[k]) for k in kinds if types.gated[k]}:
        if arrays.grounded[service] and not _stands(orders.get(service), both, types, service):
            orders[service] = supply_order(links, types, service, n)
    for service in {int(types.service[k]) for k in kinds if types.mesh[k] and not types.gated[k]}:
        mesh = transport_mesh(links, types, service, n)
        meshes.pop(service, None)
        if mesh is not None:
            meshes[service] = mesh
    return _followed(replace(arrays, gates=gates, need_all=need_all, orders=orders, meshes=meshes)), owners


def _stands(order: Order | None, changed: LinkColumns, types: TypeTable, service: int) -> bool:
    """Whether components and order stay: every changed link leads from one component to a later one."""
    if order is None:
        return False
    rows = types.gated[changed.type] & (types.service[changed.type] == service)
    source, target = order.component[changed.source[rows]], order.component[changed.target[rows]]
    directed = not types.mesh[changed.type[rows]].any()
    return bool(directed and (source >= 0).all() and (source < target).all())


def _joined(one: LinkColumns, two: LinkColumns) -> LinkColumns:
    return LinkColumns(
        np.concatenate([one.source, two.source]),
        np.concatenate([one.target, two.target]),
        np.concatenate([one.type, two.type]),
        np.concatenate([one.group, two.group]),
        np.concatenate([one.need, two.need]),
    )


def _merged(
    before: LinkColumns, gone: Longs, added: LinkColumns, out_ptr: Any
) -> tuple[LinkColumns, Callable[[Longs], Longs]]:
    """Links without those at *gone* and with those *added*, sorted as they all are; and where those that stay are."""
    keep = np.ones(len(before.source), bool)
    keep[gone] = False
    order = np.lexsort((added.need, added.group, added.type, added.target, added.source))
    added = added.take(order)
    at = [_place(before, out_ptr, row) for row in zip(*_columns(added), strict=True)]
    position = np.asarray(at, np.int64) - np.searchsorted(gone, np.asarray(at, np.int64))
    kept = before.take(np.flatnonzero(keep)) if len(gone) else before

    def moved(rows: Longs) -> Longs:
        place = rows - np.searchsorted(gone, rows)
        return place + np.searchsorted(position, place, side="right")

    if not len(at):
        return kept, moved
    columns = zip(_columns(kept), _columns(added), strict=True)
    return LinkColumns(*(np.insert(old, position, new) for old, new in columns)), moved


def _columns(links: LinkColumns) -> tuple[Any, Any, Any, Any, Any]:
    return links.source, links.target, links.type, links.group, links.need


def _place(links: LinkColumns, out_ptr: Any, row: tuple[Any, ...]) -> int:
    """Where a link belongs among the sorted ones."""
    low, high = int(out_ptr[row[0]]), int(out_ptr[row[0] + 1])
    for column, value in zip(_columns(links)[1:], row[1:], strict=True):
        part = column[low:high]
        low, high = low + int(np.searchsorted(part, value)), low + int(np.searchsorted(part, value, side="right"))
    return low


def _buffer(arrays: Arrays, schema: Schema, owner: int, service: int) -> float:
    name = schema.ride_through(arrays.services[service])
    value = arrays.assets[name][owner].as_py() if name in arrays.assets.column_names else None
    return 0.0 if value is None else float(value)


def _followed(arrays: Arrays) -> Arrays:
    """The arrays with adjacency made anew."""
    carrier = carriers(arrays.gates, arrays.meshes, arrays.n)
    down, up = adjacencies(arrays.gates, arrays.meshes, carrier, arrays.n)
    return replace(arrays, carriers=carrier, down=down, up=up)


# -- states -------------------------------------------------------------------------------------------------


def _with_states(arrays: Arrays, what: Resolved, owners: Ints, first: int, schema: Schema) -> Arrays:
    """The arrays with what fails and goes out of service, and with what follows from all changes."""
    in_service, removed = arrays.in_service.copy(), arrays.removed
    in_service[what.failed] = False
    if len(what.removed):
        removed = removed.copy()
        removed[what.removed] = True
        in_service[what.removed] = False
    assumed = arrays.assumed & in_service
    unsupplied = {name for f in arrays.findings if f["code"] in UNSUPPLIED for name in f["assets"]}
    for row in {*owners.tolist(), *range(first, arrays.n)}:
        name, kind = (arrays.assets[column][row].as_py() for column in ("id", "kind"))
        needed = set(schema.kinds[kind].requires) if kind in schema.kinds else set()
        own = arrays.gates.service[arrays.gates.own_ptr[row] : arrays.gates.own_ptr[row + 1]]
        has = {arrays.services[s] for s in own.tolist()}
        assumed[row] = in_service[row] and (bool(needed - has) or name in unsupplied)
    never = unsatisfiable(arrays.gates, arrays.assets["id"], arrays.services, arrays.groups, in_service, arrays.place)
    findings = [f for f in arrays.findings if f["code"] != NEVER_HOLDS] + [f.to_dict() for f in never]
    return replace(arrays, in_service=in_service, removed=removed, assumed=assumed, findings=findings)
