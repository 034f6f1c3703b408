"""A made-up three-domain system of any size, as tables: N assets and 3 N links.

Power comes down from plants over a meshed grid and feeders; a transport mesh of routers and spans carries circuits;
data centres with two feeds, UPS, gensets and 2-of-3 cooling hold racks, servers, virtual machines and workloads.
Parents are near their children in number, as they are on the ground; the same N and seed give the same tables.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pcsv

Rows = npt.NDArray[np.int64]

#: Share of each kind; servers take what is left.
SHARES = {
    "region": 0.0005,
    "power_plant": 0.002,
    "substation": 0.015,
    "bus": 0.04,
    "transformer": 0.015,
    "power_line": 0.06,
    "feeder": 0.05,
    "load": 0.03,
    "site": 0.02,
    "router": 0.02,
    "span": 0.04,
    "circuit": 0.03,
    "rtu": 0.01,
    "control_centre": 0.0005,
    "data_centre": 0.002,
    "hall": 0.004,
    "ups": 0.008,
    "genset": 0.004,
    "pdu": 0.016,
    "cooling_unit": 0.012,
    "rack": 0.04,
    "vm": 0.12,
    "workload": 0.15,
    "tenant": 0.01,
    "server": 0.3,
}
SMALLEST = 500


class System:
    """The system under construction: where each kind's rows begin, and the links so far."""

    def __init__(self, n: int, seed: int = 1) -> None:
        """Args: n: assets, at least ``SMALLEST``. seed: of the random choices."""
        if n < SMALLEST:
            raise ValueError(f"at least {SMALLEST} assets")
        self.n = n
        self.rng = np.random.default_rng(seed)
        self.count = {kind: max(3, int(n * share)) for kind, share in SHARES.items()}
        self.count["server"] += n - sum(self.count.values())
        self.first = dict(zip(self.count, np.cumsum([0, *self.count.values()]), strict=False))
        self.links: list[tuple[Rows, str, Rows, str, str]] = []
        self._power()
        self._transport()
        self._compute()
        self._fill()

    def rows(self, kind: str) -> Rows:
        """Row numbers of the assets of one kind."""
        return np.arange(self.first[kind], self.first[kind] + self.count[kind])

    def near(self, kind: str, children: Rows, shift: int = 0) -> Rows:
        """For each child a parent of *kind*, neighbours sharing one; *shift* gives another one."""
        place = np.arange(len(children)) * self.count[kind] // max(len(children), 1)
        return self.first[kind] + (place + shift) % self.count[kind]

    def link(self, source: Rows, kind: str, target: Rows, group: str = "", need: str = "") -> None:
        """Add links from *source* to *target*, row by row."""
        self.links.append((source, kind, target, group, need))

    def _power(self) -> None:
        bus, line, feeder = self.rows("bus"), self.rows("power_line"), self.rows("feeder")
        plant, transformer = self.rows("power_plant"), self.rows("transformer")
        self.link(plant, "POWERS", self.rng.choice(bus, len(plant), replace=False))
        self.link(self.near("substation", bus), "CONTAINS", bus)
        self.link(self.near("substation", transformer), "CONTAINS", transformer)
        self._between(bus, "CONDUCTS", transformer, spread=8)
        self._between(bus, "CONDUCTS", line, spread=40)
        self.link(self.near("bus", feeder), "POWERS", feeder)
        double = feeder[::3]
        self.link(self.near("bus", double, shift=self.count["bus"] // 2), "POWERS", double)
        self.link(self.near("feeder", self.rows("load")), "POWERS", self.rows("load"))

    def _between(self, nodes: Rows, kind: str, edges: Rows, spread: int) -> None:
        """Mesh links of *edges*: first a chain through all nodes, then shortcuts to near ones."""
        n = len(nodes)
        a = np.arange(len(edges)) % n
        step = np.where(np.arange(len(edges)) < n, 1, self.rng.integers(2, min(spread, n - 1) + 1, len(edges)))
        self.link(nodes[a], kind, edges)
        if kind == "TRANSPORTS":
            self.link(nodes[(a + step) % n], kind, edges)
        else:
            self.link(edges, kind, nodes[(a + step) % n])

    def _transport(self) -> None:
        site, router, circuit, rtu = self.rows("site"), self.rows("router"), self.rows("circuit"), self.rows("rtu")
        self.link(self.near("feeder", site), "POWERS", site)
        self.link(self.near("feeder", site, shift=self.count["feeder"] // 2), "POWERS", site)
        self.link(self.near("site", router), "CONTAINS", router)
        self.link(self.near("feeder", router), "POWERS", router)
        self._between(router, "TRANSPORTS", self.rows("span"), spread=60)
        ends = self.rng.integers(0, len(router), len(circuit))
        self.link(router[ends], "CONNECTS", circuit)
        self.link(router[(ends + self.rng.integers(1, len(router), len(circuit))) % len(router)], "CONNECTS", circuit)
        self.link(self.near("feeder", rtu), "POWERS", rtu)
        self.link(self.near("circuit", rtu), "SERVES", rtu)
        self.link(rtu, "CONTROLS", self.near("substation", rtu))
        self.link(self.near("control_centre", rtu), "CONTROLS", rtu)
        centre = self.rows("control_centre")
        self.link(self.near("feeder", centre), "POWERS", centre)

    def _compute(self) -> None:
        hall, ups, pdu, rack = self.rows("hall"), self.rows("ups"), self.rows("pdu"), self.rows("rack")
        cooling, server = self.rows("cooling_unit"), self.rows("server")
        vm, workload, tenant = self.rows("vm"), self.rows("workload"), self.rows("tenant")
        self.link(self.near("data_centre", hall), "CONTAINS", hall)
        self.link(self.near("data_centre", ups), "CONTAINS", ups)
        self.link(self.near("feeder", ups), "POWERS", ups)
        self.link(self.near("genset", ups), "POWERS", ups)
        self.link(self.near("ups", pdu), "POWERS", pdu)
        self.link(self.near("feeder", cooling), "POWERS", cooling)
        self.link(cooling, "COOLS", self.near("hall", cooling), need="2")
        self.link(self.near("hall", rack), "CONTAINS", rack)
        for shift in (0, 1):
            self.link(self.near("pdu", rack, shift), "POWERS", rack)
            self.link(self.near("pdu", server, shift), "POWERS", server)
            self.link(self.near("server", vm, shift), "HOSTS", vm)
            self.link(self.near("vm", workload, shift), "HOSTS", workload)
            self.link(self.near("workload", tenant, shift), "SERVES", tenant, need="all")
        self.link(self.near("rack", server), "CONTAINS", server)
        self.link(self.near("router", server), "SERVES", server)
        self.link(self.near("circuit", workload), "SERVES", workload)

    def _fill(self) -> None:
        """Information-only links from regions up to exactly three links an asset."""
        missing = 3 * self.n - sum(len(source) for source, *_ in self.links)
        rest = np.arange(self.count["region"], self.n)
        if not 0 <= missing <= len(rest):
            raise ValueError(f"the shares do not give three links an asset: {missing} missing")
        inside = np.sort(self.rng.choice(rest, missing, replace=False))
        self.link(self.near("region", inside), "WITHIN", inside)

    def assets(self) -> pa.Table:
        """The table of assets, as ``assets.csv`` has it."""
        kind = np.repeat(list(self.count), list(self.count.values()))
        number = np.concatenate([np.arange(c) for c in self.count.values()])
        ids = np.char.add(np.char.add(kind, "-"), number.astype(str))
        lon, lat = self._places(number)

        def only(value: float | bool, *kinds: str) -> pa.Array:
            return pa.array(np.full(self.n, value), mask=~np.isin(kind, kinds))

        return pa.table(
            {
                "id": ids,
                "kind": kind,
                "name": np.char.add("Number ", ids),
                "lon": lon,
                "lat": lat,
                "operator": np.char.add("operator ", (number % 7).astype(str)),
                "capacity_mw": only(250.0, "power_plant"),
                "voltage_kv": only(110.0, "bus", "power_line", "transformer"),
                "length_km": only(12.5, "power_line"),
                "power_kw": only(0.8, "server"),
                "cpus": only(64, "server"),
                "ride_through_power_s": pa.array(
                    np.select([kind == "ups", kind == "site"], [900.0, 14400.0]), mask=~np.isin(kind, ("ups", "site"))
                ),
                "standby": only(True, "genset"),
                "start_delay_s": only(60.0, "genset"),
                "endurance_s": only(86400.0, "genset"),
            }
        )

    def _places(self, number: Rows) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        total = np.repeat(list(self.count.values()), list(self.count.values()))
        along = number / total
        lon = np.round(6.0 + 9.0 * along + self.rng.normal(0, 0.05, self.n), 6)
        lat = np.round(47.5 + 7.0 * ((along * 37) % 1.0) + self.rng.normal(0, 0.05, self.n), 6)
        return lon, lat

    def link_table(self) -> pa.Table:
        """The table of links, as ``links.csv`` has it."""
        ids = self.assets()["id"].combine_chunks()
        sizes = [len(source) for source, *_ in self.links]

        def word(place: int) -> npt.NDArray[np.str_]:
            return np.repeat([link[place] for link in self.links], sizes)

        return pa.table(
            {
                "from": ids.take(pa.array(np.concatenate([link[0] for link in self.links]))),
                "type": word(1),
                "to": ids.take(pa.array(np.concatenate([link[2] for link in self.links]))),
                "group": word(3),
                "need": word(4),
            }
        )

    def write(self, folder: Path) -> None:
        """Write ``assets.csv`` and ``links.csv``."""
        folder.mkdir(parents=True, exist_ok=True)
        pcsv.write_csv(self.assets(), folder / "assets.csv")
        pcsv.write_csv(self.link_table(), folder / "links.csv")
