"""A made-up infrastructure of any size, straight into memory: N assets and exactly 3 N links, random row numbers.

Five levels, as on the ground: plants, extra-high voltage and the core network; regions; districts; feeders, circuits
and racks; loads, cell sites, virtual machines and workloads. The grid is a mesh of buses and lines over three
voltage levels (rings with chords, districts with radial ends), the transport network one of routers and spans.
Feeds are doubled (A+B) where they are in practice, needs are k-of-n (2 of 3 cooling units, 2 of 3 machines), and the
domains lean on each other: routers and halls on feeders, plants on circuits (back-links), RTUs on both. Whoever is
near in number is near on the ground; fan-outs do not change with N, there is only more of it. The same N and seed
give the same tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from twin import Snapshot

Rows = npt.NDArray[np.int32]

#: Share of each kind; workloads take what is left. The number behind the dot is the level.
SHARES = {
    "power_plant.0": 0.0010,
    "bus.0": 0.0010,
    "power_line.0": 0.0016,
    "router.0": 0.0005,
    "span.0": 0.0010,
    "substation.1": 0.0020,
    "bus.1": 0.0060,
    "power_line.1": 0.0090,
    "transformer.1": 0.0010,
    "exchange.1": 0.0020,
    "router.1": 0.0040,
    "span.1": 0.0070,
    "data_centre.1": 0.0010,
    "control_centre.1": 0.0002,
    "bus.2": 0.0300,
    "power_line.2": 0.0460,
    "transformer.2": 0.0012,
    "router.2": 0.0200,
    "span.2": 0.0280,
    "genset.2": 0.0030,
    "ups.2": 0.0040,
    "hall.2": 0.0030,
    "cooling_unit.2": 0.0090,
    "feeder.3": 0.1000,
    "circuit.3": 0.0200,
    "rtu.3": 0.0060,
    "pdu.3": 0.0100,
    "rack.3": 0.0250,
    "server.3": 0.1000,
    "load.4": 0.2200,
    "cell_site.4": 0.0600,
    "vm.4": 0.1300,
    "tenant.4": 0.0040,
    "workload.4": 0.1430,
}
SMALLEST = 5_000
#: Sizes of data centres beside each other: most are small, one in sixteen is a campus.
CAMPUS = (1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 2, 1, 4, 1, 12)
#: Ring districts: nodes in one (0: all in one), and how many of them hang on it by one line only.
DISTRICTS = {
    "bus.0": (0, 0),
    "bus.1": (60, 0),
    "bus.2": (200, 40),
    "router.0": (0, 0),
    "router.1": (20, 0),
    "router.2": (10, 2),
}
#: West, south, east, north of the land that the assets stand on, degrees.
LAND = (6.0, 47.5, 15.0, 55.0)


@dataclass
class Links:
    """Links so far: ends as logical numbers, and one word each for all rows of a part."""

    source: list[Rows] = field(default_factory=list)
    target: list[Rows] = field(default_factory=list)
    words: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, source: Rows, kind: str, target: Rows, group: str = "", need: str = "") -> None:
        """Links of one type from *source* to *target*, row by row."""
        self.source.append(source.astype(np.int32))
        self.target.append(target.astype(np.int32))
        self.words.append((kind, group, need))

    @property
    def count(self) -> int:
        """How many."""
        return sum(len(part) for part in self.source)


class Infrastructure:
    """The infrastructure: :meth:`assets` and :meth:`links` are what :func:`twin.snapshot.build.build` takes."""

    def __init__(self, n: int, seed: int = 4, *, meshes: bool = True) -> None:
        """Args: n: assets, at least ``SMALLEST``. seed: of all choices.

        meshes: without, lines and spans are directed trees with A+B feeds, and no service has a cycle.
        """
        if n < SMALLEST:
            raise ValueError(f"at least {SMALLEST} assets")
        self.n = n
        self.meshes = meshes
        self.rng = np.random.default_rng(seed)
        self.count = {name: max(3, round(n * share)) for name, share in SHARES.items()}
        self.count["workload.4"] += n - sum(self.count.values())
        firsts = np.concatenate([[0], np.cumsum(list(self.count.values()))])
        self.first = dict(zip(self.count, firsts.tolist(), strict=False))
        self.made = Links()
        self._energy()
        self._connectivity()
        self._compute()
        self._fill()
        #: Row of each logical number, and the logical number of each row.
        self.row: Rows = self.rng.permutation(n).astype(np.int32)
        self.number = np.empty(n, np.int32)
        self.number[self.row] = np.arange(n, dtype=np.int32)

    def all(self, name: str) -> Rows:
        """Logical numbers of the assets of one kind and level."""
        return np.arange(self.first[name], self.first[name] + self.count[name], dtype=np.int32)

    def rows(self, *names: str) -> Rows:
        """Rows of the assets of these kinds and levels."""
        return np.concatenate([self.row[self.all(name)] for name in names])

    def near(self, name: str, children: Rows, shift: int | npt.NDArray[np.int64] = 0) -> Rows:
        """For each child a parent, neighbours sharing one; *shift* gives another one nearby."""
        many = self.count[name]
        place = np.arange(len(children), dtype=np.int64) * many // max(len(children), 1)
        return (self.first[name] + (place + shift) % many).astype(np.int32)

    def around(self, children: Rows, reach: int) -> npt.NDArray[np.int64]:
        """For each child a random shift of 1 to *reach*."""
        return self.rng.integers(1, reach + 1, len(children))

    def some(self, children: Rows, share: float) -> Rows:
        """A random share of them, in order."""
        return children[self.rng.random(len(children)) < share]

    def _link(self, source: Rows, kind: str, target: Rows, group: str = "", need: str = "") -> None:
        self.made.add(source, kind, target, group, need)

    # ---- energy -----------------------------------------------------------------------------------------------------

    def _energy(self) -> None:
        plant, feeder = self.all("power_plant.0"), self.all("feeder.3")
        self._link(plant, "POWERS", self.near("bus.0", plant))
        self._grid(0, None)
        self._grid(1, "transformer.1")
        self._grid(2, "transformer.2")
        for name in ("bus.0", "bus.1", "transformer.1", "transformer.2"):
            inside = self.all(name)
            self._link(self.near("substation.1", inside), "CONTAINS", inside)
        self._feed("bus.2", feeder, second=0.3, reach=40)
        load, rtu = self.all("load.4"), self.all("rtu.3")
        self._feed("feeder.3", load, second=0.0, reach=1)
        self._feed("feeder.3", rtu, second=0.0, reach=1)
        self._link(self.near("circuit.3", rtu), "SERVES", rtu)
        self._link(rtu, "CONTROLS", self.near("bus.2", rtu))
        self._link(self.near("control_centre.1", rtu), "CONTROLS", rtu)
        self._feed("feeder.3", self.all("control_centre.1"), second=1.0, reach=900)
        # The back-links: half of the plants run only while one of two circuits reaches their dispatcher.
        led = plant[::2]
        for shift in (0, 7):
            self._link(self.near("circuit.3", led, shift), "SERVES", led, "dispatch")

    def _feed(self, supplier: str, children: Rows, second: float, reach: int) -> None:
        """Power from a supplier nearby, and for a share of them from a second one."""
        self._link(self.near(supplier, children), "POWERS", children)
        shift = self.around(children, reach)
        double = self.rng.random(len(children)) < second
        self._link(self.near(supplier, children, shift)[double], "POWERS", children[double])

    def _grid(self, level: int, transformer: str | None) -> None:
        bus, line = self.all(f"bus.{level}"), self.all(f"power_line.{level}")
        a, b = self._spread(bus, len(line), *DISTRICTS[f"bus.{level}"])
        if not self.meshes:
            self._tree(level, bus, line, a)
            return
        self._link(a, "CONDUCTS", line)
        self._link(line, "CONDUCTS", b)
        if transformer is not None:
            between = self.all(transformer)
            self._link(self.near(f"bus.{level - 1}", between), "CONDUCTS", between)
            self._link(between, "CONDUCTS", self._ringed(f"bus.{level}", between))

    def _ringed(self, name: str, children: Rows) -> Rows:
        """For each child a node nearby that is on the ring of its district, no radial end."""
        size, spurs = DISTRICTS[name]
        found = self.near(name, children) - self.first[name]
        if spurs:
            found = found - np.maximum(found % size - (size - spurs - 1), 0)
        return (found + self.first[name]).astype(np.int32)

    def _tree(self, level: int, bus: Rows, line: Rows, below: Rows) -> None:
        """Without meshes: lines from the level above, one or two to a bus; those of the first level from plants."""
        above = self.all("power_plant.0") if level == 0 else self.all(f"bus.{level - 1}")
        i = np.arange(len(line), dtype=np.int64)
        to = np.where(i < len(bus), bus[i % len(bus)], below)
        place = (to.astype(np.int64) - bus[0]) * len(above) // len(bus)
        self._link(above[(place + (i >= len(bus))) % len(above)], "POWERS", line)
        self._link(line, "POWERS", to)
        if level:
            between = self.all(f"transformer.{level}")
            self._link(self.near(f"bus.{level - 1}", between), "POWERS", between)
            self._link(between, "POWERS", self._ringed(f"bus.{level}", between))

    def _spread(self, node: Rows, edges: int, size: int, spurs: int) -> tuple[Rows, Rows]:
        """Ends of mesh edges: each district a ring, its radial ends hung on it, and chords for what is left.

        Chords of a district are short, those of a core that is in one piece go anywhere.
        """
        n = len(node)
        size = min(size or n, n)
        i = np.arange(n, dtype=np.int64)
        start, place = i // size * size, i % size
        length = np.minimum(size, n - start)
        ring = np.maximum(length - spurs, 1)
        on = place < ring
        far = np.where(on, (place + 1) % ring, self.rng.integers(0, 1 << 30, n) % ring)
        left = max(edges - n, 0)
        a = self.rng.integers(0, n, left)
        a -= np.maximum(place[a] - (ring[a] - 1), 0)
        far_off = ring[a] if size == n else 21
        step = 1 + (self.rng.integers(2, far_off, left) - 1) % np.maximum(ring[a] - 1, 1)
        chord = start[a] + (place[a] + step) % ring[a]
        ends = np.concatenate([i, a])[:edges], np.concatenate([start + far, chord])[:edges]
        return node[ends[0]], node[ends[1]]

    # ---- connectivity -----------------------------------------------------------------------------------------------

    def _connectivity(self) -> None:
        circuit, cell = self.all("circuit.3"), self.all("cell_site.4")
        for level in (0, 1, 2):
            router, span = self.all(f"router.{level}"), self.all(f"span.{level}")
            self._feed("feeder.3", router, second=1.0, reach=30)
            self._link(self.near("exchange.1", router), "CONTAINS", router)
            up = 0 if level == 0 else len(span) // (4 if level == 1 else 7)
            a, b = self._spread(router, len(span) - up, *DISTRICTS[f"router.{level}"])
            if up:
                rising = span[:up]
                a = np.concatenate([self.near(f"router.{level - 1}", rising), a])
                b = np.concatenate([self._ringed(f"router.{level}", rising), b])
            kind = "TRANSPORTS" if self.meshes else "SERVES"
            self._link(a, kind, span)
            if self.meshes:
                self._link(b, kind, span)
        if self.meshes:
            self._link(self.near("router.2", circuit), "CONNECTS", circuit)
            self._link(self.near("router.1", circuit, self.around(circuit, 30)), "CONNECTS", circuit)
        else:
            self._link(self.near("span.2", circuit), "CARRIES", circuit)
            self._link(self.near("span.1", circuit, self.around(circuit, 30)), "CARRIES", circuit)
        self._feed("feeder.3", cell, second=0.3, reach=5)
        self._link(self.near("router.2", cell), "SERVES", cell)
        self._link(self.near("router.2", cell, self.around(cell, 9)), "SERVES", cell)
        for shift in (0, 11):
            centre = self.all("control_centre.1")
            self._link(self.near("circuit.3", centre, shift), "SERVES", centre)

    # ---- compute ----------------------------------------------------------------------------------------------------

    def _compute(self) -> None:
        hall, cooling, ups = self.all("hall.2"), self.all("cooling_unit.2"), self.all("ups.2")
        pdu, rack, server = self.all("pdu.3"), self.all("rack.3"), self.all("server.3")
        self._link(self._campus(hall), "CONTAINS", hall)
        self._feed("feeder.3", cooling, second=0.5, reach=30)
        self._link(cooling, "COOLS", self.near("hall.2", cooling), "cooling", "2")
        self._feed("feeder.3", ups, second=0.0, reach=1)
        self._link(self.near("genset.2", ups), "POWERS", ups)
        self._link(self.near("ups.2", pdu), "POWERS", pdu)
        self._link(self.near("hall.2", pdu), "CONTAINS", pdu)
        self._link(self.near("hall.2", rack), "CONTAINS", rack)
        self._link(self.near("rack.3", server), "CONTAINS", server)
        for child in (rack, server):
            for shift in (0, 1):
                self._link(self.near("pdu.3", child, shift), "POWERS", child)
        for shift in (0, 3):
            self._link(self.near("router.2", server, shift), "SERVES", server)
        self._machines()

    def _campus(self, hall: Rows) -> Rows:
        """A data centre for each hall, sizes as in ``CAMPUS``."""
        many = self.count["data_centre.1"]
        size = np.resize(np.array(CAMPUS, float), many)
        place = np.searchsorted(np.cumsum(size) / size.sum(), (np.arange(len(hall)) + 0.5) / len(hall))
        return (self.first["data_centre.1"] + np.minimum(place, many - 1)).astype(np.int32)

    def _machines(self) -> None:
        vm, work, tenant = self.all("vm.4"), self.all("workload.4"), self.all("tenant.4")
        for shift in (0, 40):
            self._link(self.near("server.3", vm, shift), "HOSTS", vm)
        self._link(self.near("router.2", vm), "SERVES", vm)
        for shift in (0, 9, 300):
            self._link(self.near("vm.4", work, shift), "HOSTS", work, "hosting", "2")
        for shift in (0, 2):
            self._link(self.near("circuit.3", work, shift), "SERVES", work)
        # One workload in five is a database; each of the others needs one of two that are near.
        i = np.arange(len(work), dtype=np.int64)
        user, base = work[i % 5 != 0], i[i % 5 != 0] // 5 * 5
        for shift in (0, 35):
            self._link(work[np.minimum(base + shift, (len(work) - 1) // 5 * 5)], "SERVES", user, "database")
        for shift in (0, 5, 10):
            self._link(self.near("workload.4", tenant, shift), "SERVES", tenant, "applications", "2")

    def _fill(self) -> None:
        """Second feeders of loads, up to exactly three links an asset."""
        load = self.all("load.4")
        missing = 3 * self.n - self.made.count
        if not 0 <= missing <= len(load):
            raise ValueError(f"the shares do not give three links an asset: {missing} missing")
        chosen = np.zeros(len(load), bool)
        chosen[self.rng.choice(len(load), missing, replace=False)] = True
        second = self.near("feeder.3", load, self.around(load, 3))
        self._link(second[chosen], "POWERS", load[chosen])

    # ---- tables -----------------------------------------------------------------------------------------------------

    def assets(self, *, lean: bool = False, stored: bool = False) -> pa.Table:
        """N rows in random order: id, kind, position and the properties that decide; names are left out.

        Args:
            lean: only what the gates need, for 10M. stored: columns of plain text, as the store gives.
        """
        word = np.array([name.partition(".")[0] for name in self.count])
        place = np.repeat(np.arange(len(word), dtype=np.int8), list(self.count.values()))[self.number]
        kinds = sorted(set(word.tolist()))
        kind = pa.DictionaryArray.from_arrays(
            pa.array(np.array([kinds.index(w) for w in word], np.int8)[place]), pa.array(kinds)
        )
        within = self.number - np.array(list(self.first.values()), np.int32)[place]
        text = pc.cast(kind, pa.string())
        level = pa.DictionaryArray.from_arrays(
            pa.array(place), pa.array(["-" + name.partition(".")[2] + "." for name in self.count])
        )
        ids = pc.binary_join_element_wise(text, pc.cast(level, pa.string()), pc.cast(pa.array(within), pa.string()), "")
        columns = {"id": ids, "kind": text if stored else kind}
        names = [name.partition(".")[0] for name in self.count]
        standby = np.isin(names, ["genset"])[place]
        columns["standby"] = pa.array(standby, mask=~standby)
        columns["endurance_s"] = pa.array(np.full(self.n, 86400.0), mask=~standby)
        if lean:
            return pa.table(columns)
        columns["start_delay_s"] = pa.array(np.full(self.n, 60.0), mask=~standby)
        for name, kind_name, value in (
            ("ride_through_power_s", "ups", 900.0),
            ("capacity_mw", "power_plant", 250.0),
            ("demand_mw", "load", 0.05),
            ("customers", "load", 20.0),
            ("gpus", "server", 8.0),
        ):
            chosen = np.isin(names, [kind_name])[place]
            values = np.where(chosen, value * (1 + within % 7), 0.0)
            integer = name in ("customers", "gpus")
            columns[name] = pa.array(values.astype(np.int64) if integer else values, mask=~chosen)
        lon, lat = self.places(place, within)
        columns |= {"lon": pa.array(lon), "lat": pa.array(lat), "geometry": self._shapes(lon, lat)}
        if stored:
            columns["name"] = pc.binary_join_element_wise("Number ", ids, "")
            columns["source"] = pa.array(np.full(self.n, "bench")).cast(pa.string())
            columns["run"] = pa.array(np.full(self.n, "20261123-000000-0000")).cast(pa.string())
        return pa.table(columns)

    def places(self, place: npt.NDArray[np.int8], within: Rows) -> tuple[npt.NDArray[np.float64], ...]:
        """Longitude and latitude: neighbours in number lie together, along a Z-curve over the land."""
        many = np.array(list(self.count.values()), np.float64)[place]
        along = ((within + 0.5) / many * float(1 << 30)).astype(np.uint64)
        west, south, east, north = LAND
        rng = np.random.default_rng(11)
        found = []
        for axis, low, high in ((0, west, east), (1, south, north)):
            bits = _odd_bits(along >> np.uint64(axis))
            jitter = rng.normal(0.0, 0.5, self.n) / np.sqrt(self.n)
            found.append(np.clip(low + (high - low) * (bits / float(1 << 15) + jitter), low, high))
        return found[0], found[1]

    def _shapes(self, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> pa.Array:
        """WKB of lines and spans: from one end to the other, through the row's own place."""
        shapes = np.full(self.n, None, object)
        for level in (0, 1, 2):
            for name in (f"power_line.{level}", f"span.{level}"):
                rows = self.rows(name)
                dx = (rows % 7 - 3.0) * 4.0 / np.sqrt(self.n)
                dy = (rows % 11 - 5.0) * 2.0 / np.sqrt(self.n)
                x, y = lon[rows], lat[rows]
                points = np.stack([np.stack([x - dx, x, x + dx], 1), np.stack([y - dy, y, y + dy], 1)], axis=2)
                shapes[rows] = shapely.to_wkb(shapely.linestrings(points))
        return pa.array(shapes, pa.binary(), from_pandas=True)

    def links(self, *, stored: bool = False) -> pa.Table:
        """3 N rows ``from, to, type, group, need``, the ends as row numbers. stored: text columns."""
        sizes = [len(part) for part in self.made.source]
        columns = {
            "from": pa.array(self.row[np.concatenate(self.made.source)]),
            "to": pa.array(self.row[np.concatenate(self.made.target)]),
        }
        for at, name in enumerate(("type", "group", "need")):
            words = sorted({word[at] for word in self.made.words})
            codes = np.array([words.index(word[at]) for word in self.made.words], np.int8)
            column = pa.DictionaryArray.from_arrays(pa.array(np.repeat(codes, sizes)), pa.array(words))
            columns[name] = pc.cast(column, pa.string()) if stored else column
        return pa.table(columns)

    def snapshot(self, *, lean: bool = False) -> Snapshot:
        """The infrastructure as the product holds it."""
        return Snapshot.from_arrow(self.assets(lean=lean), self.links())


def _odd_bits(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Every second bit of 30, packed (the inverse of a Morton code)."""
    words = words & np.uint64(0x5555555555555555)
    for step, mask in (
        (1, 0x3333333333333333),
        (2, 0x0F0F0F0F0F0F0F0F),
        (4, 0x00FF00FF00FF00FF),
        (8, 0x0000FFFF0000FFFF),
    ):
        words = (words | (words >> np.uint64(step))) & np.uint64(mask)
    return words.astype(np.float64)
