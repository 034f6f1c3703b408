"""The graph as columns: assets with their properties, links with the gate that they are in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.export.layer import BATCH, Shapes, flat
from twin.export.places import shapes_of
from twin.impact.snapshot import Snapshot
from twin.schema import Schema
from twin.snapshot.arrays import Longs
from twin.snapshot.measured import measure_columns

#: Columns of assets that every format has.
ALWAYS = ("id", "kind", "domain", "name")


class Network:
    """The assets and links of a snapshot.

    A link says its type, its service, the group and the need of the gate that it is in (``all`` or a number; nothing
    where its type makes no gate), what losing the gate does, and whether the link has a direction.

    Args:
        snapshot, schema: the state, and the vocabulary that it was made with.
    """

    def __init__(self, snapshot: Snapshot, schema: Schema) -> None:
        self.snapshot = snapshot
        self.schema = schema

    @cached_property
    def rows(self) -> Longs:
        """Rows of all assets, in the order of lists."""
        return self.snapshot.catalogue.listing

    @cached_property
    def assets(self) -> pa.Table:
        """One row per asset: base columns and the properties that any asset has."""
        table = self.snapshot.catalogue.table.drop_columns(["geometry"]).take(pa.array(self.rows))
        return flat(table.select([n for n in table.column_names if n in ALWAYS or table[n].null_count < len(table)]))

    @cached_property
    def shapes(self) -> Shapes:
        """(n,) where each asset is; None for no place."""
        return shapes_of(self.snapshot.catalogue.table, self.rows)

    @cached_property
    def parents(self) -> pa.ChunkedArray:
        """(n,) id of the first asset that contains each; null for none."""
        a, g = self.snapshot.arrays, self.snapshot.arrays.gates
        gate = np.repeat(np.arange(len(g.owner)), g.ptr[1:] - g.ptr[:-1])
        housing = np.flatnonzero(np.isin(g.service[gate], [a.services.index(s) for s in a.services if s == "housing"]))
        owner, member = g.owner[gate[housing]].astype(np.int64), g.member[housing].astype(np.int64)
        order = np.argsort(a.place[member], kind="stable")[::-1]
        parent = np.full(a.n, -1, np.int64)
        parent[owner[order]] = member[order]
        found = parent[self.rows]
        return a.assets["id"].take(pa.array(found, mask=found < 0))

    @cached_property
    def links(self) -> pa.Table:
        """One row per link: ``from, type, to, service, group, need, effect, directed`` and what it measures."""
        a = self.snapshot.arrays
        types = [self.schema.link_types[name] for name in a.link_types]
        number = np.asarray(a.link_type, np.int64)
        ids = a.assets["id"]
        group = np.asarray(a.link_group, np.int64)
        usual = np.array([a.groups.index(t.group) if t.group in a.groups else -1 for t in types], np.int64)
        group = np.where(group < 0, usual[number], group)
        gated = np.array([t.gated for t in types], bool)[number]
        need = self._needs(number, group, types)
        by_type = {
            "service": [t.service for t in types],
            "effect": [t.effect if t.gated else None for t in types],
            "directed": [not t.mesh for t in types],
        }
        made = {
            "from": ids.take(pa.array(a.link_from)),
            "type": pa.array(a.link_types, pa.string()).take(pa.array(number)),
            "to": ids.take(pa.array(a.link_to)),
            "group": pa.array(a.groups, pa.string()).take(pa.array(group, mask=~gated | (group < 0))),
            "need": pa.array(need, pa.string()),
            **{name: pa.array(values).take(pa.array(number)) for name, values in by_type.items()},
            **measure_columns(a, np.arange(len(a.link_from), dtype=np.int64)),
        }
        table = flat(pa.table(made))
        return table.filter(pc.and_(pc.is_valid(table["from"]), pc.is_valid(table["to"])))

    def _needs(self, number: Longs, group: Longs, types: list[Any]) -> list[str | None]:
        """(l,) what the gate of each link needs; of a mesh link that of its second end."""
        a, g = self.snapshot.arrays, self.snapshot.arrays.gates
        place = {name: at for at, name in enumerate(a.services)}
        service = np.array([place[t.service] if t.gated else -1 for t in types], np.int64)[number]
        width = (len(a.services) + 1) * (len(a.groups) + 1)
        own = np.asarray(g.owner, np.int64) * width + g.service.astype(np.int64) * (len(a.groups) + 1) + g.group
        order = np.argsort(own, kind="stable")
        asked = np.asarray(a.link_to, np.int64) * width + service * (len(a.groups) + 1) + group
        at = np.minimum(np.searchsorted(own[order], asked), max(len(own) - 1, 0))
        if not len(own):
            return [None] * len(asked)
        gate = order[at]
        found = (own[gate] == asked) & (service >= 0)
        said = np.where(a.need_all[gate], "all", g.need[gate].astype(str)).tolist()
        return [word if ok else None for word, ok in zip(said, found.tolist(), strict=True)]

    def asset_rows(self) -> Iterator[tuple[dict[str, Any], Any, str | None]]:
        """Each asset's values without nulls, its shape, and the id of what contains it; some at a time in memory."""
        for low in range(0, len(self.rows), BATCH):
            parents = self.parents.slice(low, BATCH).to_pylist()
            rows = self.assets.slice(low, BATCH).to_pylist()
            for row, shape, parent in zip(rows, self.shapes[low : low + BATCH], parents, strict=True):
                yield {k: v for k, v in row.items() if v is not None}, shape, parent

    def link_rows(self) -> Iterator[dict[str, Any]]:
        """Each link's values without nulls."""
        for low in range(0, len(self.links), BATCH):
            for row in self.links.slice(low, BATCH).to_pylist():
                yield {k: v for k, v in row.items() if v is not None}
