"""Nodes and substations of a SimBench folder: busbars and junctions with their places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from loaders.places import PlaceProblem, parse_point, point_wkb
from loaders.simbench_tables import Table
from twin.model import AssetRecord, LinkColumns, Origin, Reject

#: Node types that are busbars; all others (auxiliary, node) are junctions.
BUSBARS = frozenset(("busbar", "double busbar"))


class Nodes:
    """``Node.csv``, read whole.

    Attributes:
        table: the table.
        row: node id -> its row (from 0).
        ids: native id of each node's asset.
        voltage: (n,) kV, NaN where unknown.
        place: longitude and latitude of each node, (n, 2), NaN where unknown.
        subnet: subnet of each node.
        networks: the network that each node lies in: its subnet up to the first ``_``.
        substations: substation id -> native id of its asset.
    """

    def __init__(self, folder: Path, encoding: str) -> None:
        self.table = Table(folder / "Node.csv", ("id", "type", "vmR"), encoding)
        names = self.table.named("id")
        self.row: dict[str, int] = {}
        for i, name in enumerate(names):
            if name:
                self.row.setdefault(name, i)
        self.ids = ["node/" + name for name in names]
        self.voltage = self.table.values("vmR")
        self.subnet = self.table.texts("subnet")
        self.networks = [name.split("_", 1)[0] for name in self.subnet]
        self.substations: dict[str, str] = {}
        self.station_table: Table | None = None
        if (folder / "Substation.csv").exists():
            self.station_table = Table(folder / "Substation.csv", ("id",), encoding)
            for name in self.station_table.named("id"):
                if name:
                    self.substations[name] = "substation/" + name
        self.coordinates: Table | None = None
        self.place = np.full((len(self.table), 2), np.nan)
        if (folder / "Coordinates.csv").exists():
            self.coordinates = Table(folder / "Coordinates.csv", ("id", "x", "y"), encoding)
            self._locate(self.coordinates)

    def records(self) -> Iterator[AssetRecord | LinkColumns | Reject]:
        """Substations, nodes, and which node stands in which substation."""
        inside = self.stations(self.table)
        if self.coordinates is not None:
            yield from self.coordinates.rejects
        if self.station_table is not None:
            yield from self._substations(self.station_table)
        yield from self.table.rejects
        kinds = self.table.texts("type")
        names, voltage = self.table.texts("id"), self.voltage.tolist()
        for i in np.flatnonzero(self.table.good).tolist():
            properties: dict[str, object] = {"voltage_kv": voltage[i]} if voltage[i] == voltage[i] else {}
            if self.subnet[i]:
                properties["subnet"] = self.subnet[i]
            origin = Origin(self.table.file, self.table.numbers[i])
            kind = "bus" if kinds[i] in BUSBARS else "line_junction"
            yield AssetRecord(self.ids[i], kind, names[i], properties, self.point(i), origin)
        yield from self.contained(self.table, inside, self.ids)

    def point(self, i: int) -> bytes | None:
        """The place of node *i* as WKB."""
        lon, lat = self.place[i].tolist()
        return point_wkb(lon, lat) if lon == lon else None

    def stations(self, table: Table) -> list[str]:
        """The substation of each row of a table, as native id; empty where none, a reject where it is unknown."""
        words = table.texts("substation")
        for i, word in enumerate(words):
            if word and word not in self.substations:
                message = f"substation is {word!r}, which Substation.csv does not have"
                table.reject(
                    i, "substation", "missing_end", message, "Export both files together, or correct the name."
                )
        return [self.substations.get(word, "") if word else "" for word in words]

    def contained(self, table: Table, inside: list[str], ids: list[str]) -> Iterator[LinkColumns]:
        """``CONTAINS`` from the substation of each good row to its asset."""
        rows = [i for i in np.flatnonzero(table.good).tolist() if inside[i]]
        yield from columns(table, [inside[i] for i in rows], "CONTAINS", [ids[i] for i in rows], rows)

    def _substations(self, table: Table) -> Iterator[AssetRecord | Reject]:
        first: dict[str, int] = {}
        for i, word in enumerate(self.table.texts("substation")):
            if word and self.place[i, 0] == self.place[i, 0]:
                first.setdefault(word, i)
        yield from table.rejects
        names, subnets = table.texts("id"), table.texts("subnet")
        for i in np.flatnonzero(table.good).tolist():
            properties: dict[str, object] = {"subnet": subnets[i]} if subnets[i] else {}
            point = self.point(first[names[i]]) if names[i] in first else None
            origin = Origin(table.file, table.numbers[i])
            yield AssetRecord("substation/" + names[i], "substation", names[i], properties, point, origin)

    def _locate(self, table: Table) -> None:
        x, y = table.values("x"), table.values("y")
        names = table.named("id")
        wrong = ~((np.abs(x) <= 180) & (np.abs(y) <= 90)) & table.good
        for i in np.flatnonzero(wrong).tolist():
            try:
                parse_point(table.texts("x")[i], table.texts("y")[i], ("x", "y"))
            except PlaceProblem as problem:
                table.reject(i, problem.column, problem.code, str(problem), problem.fix)
        rows = {name: i for i, name in enumerate(names) if name}
        words = self.table.texts("coordID")
        for i, word in enumerate(words):
            if word and word not in rows:
                message = f"coordID is {word!r}, which Coordinates.csv does not have"
                self.table.reject(i, "coordID", "missing_end", message, "Export both files together.")
        at = np.fromiter((rows.get(word, -1) for word in words), dtype=np.int64, count=len(words))
        taken = at >= 0
        taken[taken] = table.good[at[taken]]
        self.place[taken] = np.column_stack([x, y])[at[taken]]


def columns(table: Table, starts: list[str], type_: str, ends: list[str], rows: list[int]) -> Iterator[LinkColumns]:
    """Links of one type, one for each of *rows* (from 0) of a table."""
    if rows:
        nothing: list[str | None] = [None] * len(rows)
        numbers = [table.numbers[i] for i in rows]
        yield LinkColumns(starts, [type_] * len(rows), ends, nothing, nothing, table.file, numbers)
