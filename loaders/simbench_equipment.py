"""What joins, feeds and draws in a SimBench folder: every table after the nodes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from loaders.simbench_nodes import Nodes, columns
from loaders.simbench_tables import Table
from twin.model import AssetRecord, LinkColumns, Origin, Reject

Part = AssetRecord | LinkColumns | Reject
#: How the subnet of an element ends that stands for a neighbouring network.
EQUIVALENT = "_eq"
#: What has a voltage of its own (``calc_type``): it feeds its node.
FORMING = frozenset(("pvm", "vavm", "vam"))
#: Sides of a transformer: columns of its nodes, and of its rated power in the type's table.
TWO, THREE = ("nodeHV", "nodeLV"), ("nodeHV", "nodeMV", "nodeLV")


class Equipment:
    """The tables beside ``Node.csv``.

    Args:
        folder: of the network.
        nodes: its nodes.
        encoding: of the files.
        equivalents: ``auto``, ``keep`` or ``drop`` (see :class:`loaders.simbench.SimbenchOptions`).
        feed: whether what has fixed power feeds its node.
        straight: whether lines are drawn straight.
    """

    def __init__(self, folder: Path, nodes: Nodes, encoding: str, equivalents: str, feed: bool, straight: bool) -> None:
        self.folder, self.nodes, self.encoding = folder, nodes, encoding
        self.equivalents, self.feed, self.straight = equivalents, feed, straight
        self.joined: set[tuple[str, str]] = set()

    def records(self) -> Iterator[Part]:
        """Everything, table by table, each with its links."""
        yield from self._lines()
        yield from self._transformers()
        yield from self._switches()
        yield from self._plants()
        for file, prefix, kind in (("RES.csv", "res", "generator"), ("Storage.csv", "storage", "storage_unit")):
            yield from self._static(file, prefix, kind)
        yield from self._external()
        yield from self._loads()
        yield from self._shunts()

    def _open(self, file: str, required: tuple[str, ...]) -> Table | None:
        path = self.folder / file
        return Table(path, required, self.encoding) if path.exists() else None

    def _types(self, file: str, required: tuple[str, ...]) -> tuple[Table | None, dict[str, int]]:
        table = self._open(file, ("id", *required))
        if table is None:
            return None, {}
        return table, {name: i for i, name in enumerate(table.named("id")) if name}

    # -- what joins ------------------------------------------------------------------------------------------

    def _lines(self) -> Iterator[Part]:
        table = self._open("Line.csv", ("id", "nodeA", "nodeB"))
        if table is None:
            return
        types, known = self._types("LineType.csv", ("iMax",))
        direct, known_direct = self._types("DCLineType.csv", ())
        kinds = table.texts("type")
        is_direct = [kind in known_direct for kind in kinds]
        current = types.values("iMax") if types is not None else np.array([])
        power = direct.values("pMax") if direct is not None else np.array([])
        for other in (types, direct):
            yield from [] if other is None else other.rejects
        length = table.values("length").tolist()
        start, end = self._ends(table, "nodeA"), self._ends(table, "nodeB")
        self._loops(table, start, end, "nodeB")
        voltage = self.nodes.voltage[start].tolist()
        assets: list[tuple[int, str, dict[str, Any]]] = []
        for i in self._kept(table):
            properties: dict[str, Any] = {"voltage_kv": voltage[i], "length_km": length[i], "equipment_type": kinds[i]}
            if is_direct[i]:
                del properties["equipment_type"], properties["voltage_kv"]
                properties["capacity_mw"] = float(power[known_direct[kinds[i]]])
                assets.append((i, "hvdc_line", properties))
                continue
            if kinds[i] in known:
                properties["capacity_mva"] = math.sqrt(3) * voltage[i] * float(current[known[kinds[i]]]) / 1000
            elif kinds[i] and types is not None:
                message = f"type is {kinds[i]!r}, which neither LineType.csv nor DCLineType.csv has"
                table.reject(i, "type", "missing_end", message, "Add the type, or leave it empty.")
                continue
            assets.append((i, "power_line", properties))
        yield from self._joins(table, "line", assets, (start, end), self.straight)

    def _transformers(self) -> Iterator[Part]:
        for file, types_file, sides, power in (
            ("Transformer.csv", "TransformerType.csv", TWO, "sR"),
            ("Transformer3W.csv", "Transformer3WType.csv", THREE, "sHV"),
        ):
            table = self._open(file, ("id", *sides))
            if table is None:
                continue
            types, known = self._types(types_file, ())
            rated = types.values(power) if types is not None else np.array([])
            yield from [] if types is None else types.rejects
            ends = [self._ends(table, side) for side in sides]
            self._loops(table, ends[0], ends[-1], sides[-1])
            inside, kinds = self.nodes.stations(table), table.texts("type")
            high, low = self.nodes.voltage[ends[0]].tolist(), self.nodes.voltage[ends[-1]].tolist()
            assets: list[tuple[int, str, dict[str, Any]]] = []
            for i in self._kept(table):
                if kinds[i] and types is not None and kinds[i] not in known:
                    message = f"type is {kinds[i]!r}, which {types_file} does not have"
                    table.reject(i, "type", "missing_end", message, "Add the type, or leave it empty.")
                    continue
                properties: dict[str, Any] = {
                    "voltage_kv": high[i],
                    "voltage_low_kv": low[i],
                    "equipment_type": kinds[i],
                }
                if kinds[i]:
                    properties["capacity_mva"] = float(rated[known[kinds[i]]]) if kinds[i] in known else math.nan
                if sides is THREE:
                    properties["windings"] = 3
                assets.append((i, "transformer", properties))
            prefix = "transformer" if sides is TWO else "transformer3w"
            yield from self._joins(table, prefix, assets, ends)
            yield from self.nodes.contained(table, inside, [f"{prefix}/{name}" for name in table.texts("id")])

    def _switches(self) -> Iterator[Part]:
        table = self._open("Switch.csv", ("id", "nodeA", "nodeB", "cond"))
        if table is None:
            return
        start, end = self._ends(table, "nodeA"), self._ends(table, "nodeB")
        self._loops(table, start, end, "nodeB")
        closed, kinds, inside = table.values("cond"), table.texts("type"), self.nodes.stations(table)
        for i in np.flatnonzero((closed != 0) & (closed != 1) & table.good).tolist():
            message = f"cond is {table.texts('cond')[i] or 'empty'}; a switch is 1 (closed) or 0 (open)"
            table.reject(i, "cond", "wrong_type", message, "Write 1 or 0.")
        voltage, state = self.nodes.voltage[start].tolist(), closed.tolist()
        assets: list[tuple[int, str, dict[str, Any]]] = []
        for i in self._kept(table):
            properties: dict[str, Any] = {"voltage_kv": voltage[i], "equipment_type": kinds[i]}
            if state[i] == 0:
                properties["status"] = "open"
            assets.append((i, "switch", properties))
        yield from self._joins(table, "switch", assets, (start, end))
        yield from self.nodes.contained(table, inside, ["switch/" + name for name in table.texts("id")])

    def _joins(
        self,
        table: Table,
        prefix: str,
        assets: list[tuple[int, str, dict[str, Any]]],
        ends: Any,
        straight: bool = False,
    ) -> Iterator[Part]:
        """Assets that join nodes, and ``CONDUCTS`` to each of them."""
        for end in ends[1:]:
            self._remember(ends[0], end, [i for i, _, _ in assets])
        line = assets and assets[0][1] in ("power_line", "hvdc_line")
        places: list[bytes | None] = [None] * len(table)
        if not line:
            places = [self.nodes.point(i) for i in ends[0].tolist()]
        elif straight:
            places = self._straight(ends)
        yield from self._made(table, prefix, assets, places)
        rows = [i for i, _, _ in assets]
        names = table.texts("id")
        mine = [f"{prefix}/{names[i]}" for i in rows]
        for end in ends:
            yield from columns(table, mine, "CONDUCTS", [self.nodes.ids[k] for k in end[rows].tolist()], rows)

    def _straight(self, ends: Any) -> list[bytes | None]:
        a, b = (self.nodes.place[end] for end in ends)
        drawn = ~np.isnan(a[:, 0]) & ~np.isnan(b[:, 0]) & (a != b).any(axis=1)
        found: list[bytes | None] = [None] * len(a)
        shapes = shapely.to_wkb(shapely.linestrings(np.stack([a[drawn], b[drawn]], axis=1)))
        for i, wkb in zip(np.flatnonzero(drawn).tolist(), shapes, strict=True):
            found[i] = wkb
        return found

    # -- what feeds and draws --------------------------------------------------------------------------------

    def _plants(self) -> Iterator[Part]:
        table = self._open("PowerPlant.csv", ("id", "node"))
        if table is None:
            return
        at = self._ends(table, "node")
        fuel, how = table.texts("type"), table.texts("calc_type")
        most, set_to, rated = (table.values(c).tolist() for c in ("pMax", "pPP", "sR"))
        assets: list[tuple[int, str, dict[str, Any]]] = []
        for i in self._kept(table, at):
            capacity = most[i] if most[i] == most[i] else set_to[i]
            if fuel[i].startswith("imp"):  # an import from a neighbouring country
                assets.append((i, "external_grid", {"capacity_mw": capacity, "equipment_type": fuel[i]}))
            else:
                assets.append((i, "generator", {"capacity_mw": capacity, "capacity_mva": rated[i], "fuel": fuel[i]}))
        yield from self._at(table, "plant", assets, at, [h in FORMING or not h or self.feed for h in how])

    def _static(self, file: str, prefix: str, kind: str) -> Iterator[Part]:
        table = self._open(file, ("id", "node"))
        if table is None:
            return
        at = self._ends(table, "node")
        fuel, how, rated = table.texts("type"), table.texts("calc_type"), table.values("sR").tolist()
        if kind == "generator":
            power, energy = table.values("pRES").tolist(), [math.nan] * len(table)
        else:
            limits = np.column_stack([table.values("pMin"), table.values("pMax"), table.values("pStor")])
            power, energy = np.fmax.reduce(np.abs(limits), axis=1).tolist(), table.values("eStore").tolist()
        assets: list[tuple[int, str, dict[str, Any]]] = []
        for i in self._kept(table, at):
            values = {"capacity_mw": power[i], "capacity_mva": rated[i], "fuel": fuel[i], "energy_mwh": energy[i]}
            assets.append((i, kind, values))
        yield from self._at(table, prefix, assets, at, [h in FORMING or self.feed for h in how])

    def _external(self) -> Iterator[Part]:
        table = self._open("ExternalNet.csv", ("id", "node"))
        if table is None:
            return
        at = self._ends(table, "node")
        voltage, how = self.nodes.voltage[at].tolist(), table.texts("calc_type")
        assets: list[tuple[int, str, dict[str, Any]]] = [
            (i, "external_grid", {"voltage_kv": voltage[i], "equipment_type": how[i]}) for i in self._kept(table, at)
        ]
        feeds = [h in FORMING or not h or self.feed for h in how]
        yield from self._at(table, "external", assets, at, feeds)

    def _loads(self) -> Iterator[Part]:
        table = self._open("Load.csv", ("id", "node", "pLoad"))
        if table is None:
            return
        at = self._ends(table, "node")
        demand, voltage, kinds = table.values("pLoad").tolist(), self.nodes.voltage[at].tolist(), table.texts("profile")
        assets: list[tuple[int, str, dict[str, Any]]] = [
            (i, "load", {"demand_mw": demand[i], "voltage_kv": voltage[i], "equipment_type": kinds[i]})
            for i in self._kept(table, at)
        ]
        yield from self._at(table, "load", assets, at, [False] * len(table))

    def _shunts(self) -> Iterator[Part]:
        table = self._open("Shunt.csv", ("id", "node"))
        if table is None:
            return
        at = self._ends(table, "node")
        voltage = table.values("vmR").tolist()
        assets: list[tuple[int, str, dict[str, Any]]] = [
            (i, "shunt", {"voltage_kv": voltage[i]}) for i in self._kept(table, at)
        ]
        yield from self._at(table, "shunt", assets, at, [False] * len(table))

    def _at(
        self,
        table: Table,
        prefix: str,
        assets: list[tuple[int, str, dict[str, Any]]],
        at: np.ndarray,
        feeds: list[bool],
    ) -> Iterator[Part]:
        """Assets at one node each: they feed it, or it feeds them."""
        yield from self._made(table, prefix, assets, [self.nodes.point(k) for k in at.tolist()])
        names, where = table.texts("id"), at.tolist()
        rows = [i for i, _, _ in assets if feeds[i]]
        mine, node = [f"{prefix}/{names[i]}" for i in rows], [self.nodes.ids[where[i]] for i in rows]
        yield from columns(table, mine, "POWERS", node, rows)
        rows = [i for i, _, _ in assets if not feeds[i]]
        mine, node = [f"{prefix}/{names[i]}" for i in rows], [self.nodes.ids[where[i]] for i in rows]
        yield from columns(table, node, "POWERS", mine, rows)

    # -- shared ----------------------------------------------------------------------------------------------

    def _made(
        self, table: Table, prefix: str, assets: list[tuple[int, str, dict[str, Any]]], places: list[bytes | None]
    ) -> Iterator[AssetRecord | Reject]:
        """Rejects of the table, then its assets; properties that are NaN or empty are left out."""
        yield from table.rejects
        names, subnets, numbers, file = table.texts("id"), table.texts("subnet"), table.numbers, table.file
        for i, kind, properties in assets:
            values = {key: value for key, value in properties.items() if value == value and value != ""}
            if subnets[i]:
                values["subnet"] = subnets[i]
            yield AssetRecord(f"{prefix}/{names[i]}", kind, names[i], values, places[i], Origin(file, numbers[i]))

    def _ends(self, table: Table, column: str) -> np.ndarray:
        return table.ends(column, self.nodes.row)

    def _loops(self, table: Table, start: np.ndarray, end: np.ndarray, column: str) -> None:
        for i in np.flatnonzero((start == end) & (start >= 0)).tolist():
            table.reject(i, column, "bad_row", "it joins a node to itself", "Correct one of its nodes.")

    def _kept(self, table: Table, at: np.ndarray | None = None) -> list[int]:
        """The good rows of a table, without the equivalents that are left out (*at*: node of each row)."""
        table.named("id")
        rows: list[int] = np.flatnonzero(table.good).tolist()
        if at is None or self.equivalents == "keep":
            return rows
        subnets = table.texts("subnet")
        return [i for i in rows if not subnets[i].endswith(EQUIVALENT) or self._stands(subnets[i], int(at[i]))]

    def _remember(self, start: np.ndarray, end: np.ndarray, rows: list[int]) -> None:
        """Which networks are joined in the file."""
        names = self.nodes.networks
        for a, b in zip(start[rows].tolist(), end[rows].tolist(), strict=True):
            if names[a] != names[b]:
                self.joined.update(((names[a], names[b]), (names[b], names[a])))

    def _stands(self, subnet: str, node: int) -> bool:
        """Whether an equivalent is needed: what it stands for is not in the file, or not joined to its network.

        ``MV1.101_LV1.107_eq`` stands for LV1.107 at MV1.101; ``HV1_MV1_eq`` for one network of the family MV1, which
        one says the subnet of its node (HV1_MV1.105).
        """
        if self.equivalents == "drop":
            return False
        mine, _, other = subnet.removesuffix(EQUIVALENT).partition("_")
        if (mine, other) in self.joined:
            return False
        _, _, beyond = self.nodes.subnet[node].partition("_")
        return not (beyond.startswith(other + ".") and (mine, beyond) in self.joined)
