"""The inventory of the made-up data centres, as tables; and which feeder is joined to which grid bus."""

from __future__ import annotations

import random

from common import HOUR, Tables, distance_km, nearest
from grid import Grid
from sites import DATA_CENTRES, DIRTY_HALL, OUT_OF_SERVICE, PLANNED_RACKS, SIZES, DataCentre, Size

SERVER_KW = {0: 1.2, 8: 9.5}
COOLING_UNITS = 3


def build_data_centres(rng: random.Random) -> Tables:
    """Feeders, switchboards, gensets, UPS, cooling, halls, racks, machines and VMs of every site."""
    tables = Tables()
    for dc in DATA_CENTRES:
        _supply(tables, dc)
        for hall in range(1, SIZES[dc.size].halls + 1):
            _hall(tables, dc, hall, rng)
        _routers(tables, dc)
    return tables


def it_kw(size: Size) -> float:
    """Electrical power of the machines of one module in kW."""
    return size.halls * size.racks * size.servers * SERVER_KW[size.gpus]


def _supply(tables: Tables, dc: DataCentre) -> None:
    """The site, and the A and B sides from the feeder to the UPS."""
    size, key = SIZES[dc.size], dc.key
    megawatts = round(it_kw(size) * 1.4 / 1000, 2)
    tables.asset(
        f"dc/{key}", "data_centre", dc.name, dc.place, operator=dc.operator, tier=dc.size, capacity_mw=megawatts
    )
    for side in ("a", "b"):
        if side == "a" or dc.feeds != "1":
            feeder = tables.asset(
                f"feeder/{key}-{side}",
                "feeder",
                f"Feed {side.upper()} {dc.name}",
                dc.place,
                demand_mw=megawatts if dc.feeds == "1" else round(megawatts / 2, 3),
                voltage_kv=20,
                ref=side.upper(),
            )
            tables.link(feeder, "POWERS", f"board/{key}-{side}")
        board = tables.asset(f"board/{key}-{side}", "pdu", f"Main board {side.upper()} {dc.name}", dc.place)
        tables.link(f"dc/{key}", "CONTAINS", board)
        ups = tables.asset(
            f"ups/{key}-{side}",
            "ups",
            f"UPS {side.upper()} {dc.name}",
            dc.place,
            capacity_mw=megawatts,
            ride_through_power_s=size.ups_s,
        )
        tables.link(f"dc/{key}", "CONTAINS", ups)
        tables.link(board, "POWERS", ups)
    if dc.feeds == "1":
        tables.link(f"board/{key}-a", "POWERS", f"board/{key}-b")
    _gensets(tables, dc, megawatts)


def _gensets(tables: Tables, dc: DataCentre, megawatts: float) -> None:
    for count in range(1, dc.gensets + 1):
        genset = tables.asset(
            f"genset/{dc.key}-{count}",
            "genset",
            f"Genset {count} {dc.name}",
            dc.place,
            standby=True,
            start_delay_s=30 if SIZES[dc.size].gpus else 60,
            endurance_s=dc.fuel_h * HOUR,
            capacity_mw=megawatts,
            fuel="diesel",
        )
        tables.link(f"dc/{dc.key}", "CONTAINS", genset)
        # A single set can feed both boards; of several, each belongs to one side, and a third is the swing set.
        sides = "ab" if dc.gensets == 1 or count == 3 else "ab"[count - 1]
        for side in sides:
            tables.link(genset, "POWERS", f"board/{dc.key}-{side}")


def _hall(tables: Tables, dc: DataCentre, number: int, rng: random.Random) -> None:
    size, hall = SIZES[dc.size], f"{dc.key}-h{number}"
    tables.asset(
        f"hall/{hall}",
        "hall",
        f"{dc.name} hall {number}",
        dc.place,
        power_kw=round(it_kw(size) / size.halls, 1),
        ride_through_cooling_s=240 if size.gpus else 600,
    )
    tables.link(f"dc/{dc.key}", "CONTAINS", f"hall/{hall}")
    for side in ("a", "b"):
        pdu = tables.asset(f"pdu/{hall}-{side}", "pdu", f"PDU {side.upper()} {dc.name} hall {number}", dc.place)
        tables.link(f"hall/{hall}", "CONTAINS", pdu)
        tables.link(f"ups/{dc.key}-{side}", "POWERS", pdu)
    _cooling(tables, dc, hall, number)
    if (dc.key, number) == DIRTY_HALL:
        return
    for rack in range(1, size.racks + 1):
        planned = (dc.key, number) == PLANNED_RACKS and rack > size.racks // 2
        _rack(tables, dc, hall, rack, "planned" if planned else None, rng)


def _cooling(tables: Tables, dc: DataCentre, hall: str, number: int) -> None:
    """Three units of which two are needed; each can run from either board."""
    fitted = 1 if (dc.key, number) == DIRTY_HALL else COOLING_UNITS
    for count in range(1, fitted + 1):
        unit = tables.asset(
            f"cooling/{hall}-{count}",
            "cooling_unit",
            f"Cooling {count} {dc.name} hall {number}",
            dc.place,
            cooling_kw=round(it_kw(SIZES[dc.size]) / SIZES[dc.size].halls / 2, 1),
        )
        tables.link(f"dc/{dc.key}", "CONTAINS", unit)
        for side in ("a", "b"):
            tables.link(f"board/{dc.key}-{side}", "POWERS", unit)
        tables.link(unit, "COOLS", f"hall/{hall}", "", "2")


def _rack(tables: Tables, dc: DataCentre, hall: str, number: int, status: str | None, rng: random.Random) -> None:
    size, rack = SIZES[dc.size], f"{hall}-r{number:02d}"
    tables.asset(f"rack/{rack}", "rack", f"{dc.name} rack {hall[-2:]}-{number:02d}", dc.place, status=status)
    tables.link(f"hall/{hall}", "CONTAINS", f"rack/{rack}")
    if status:
        return
    for count in range(1, size.servers + 1):
        native = f"server/{rack}-s{count:02d}"
        server = tables.asset(
            native,
            "server",
            f"{dc.key}-{hall[-2:]}-r{number:02d}-s{count:02d}",
            dc.place,
            gpus=size.gpus or None,
            cpus=128 if size.gpus else rng.choice((32, 64, 96)),
            memory_gb=2048 if size.gpus else rng.choice((256, 512)),
            power_kw=SERVER_KW[size.gpus],
            status="out_of_service" if native in OUT_OF_SERVICE else None,
        )
        tables.link(f"rack/{rack}", "CONTAINS", server)
        for side in ("a", "b"):
            tables.link(f"pdu/{hall}-{side}", "POWERS", server)
        if native in OUT_OF_SERVICE:
            continue
        for vm in range(1, size.vms + 1):
            machine = tables.asset(f"vm/{rack}-s{count:02d}-v{vm}", "vm", f"{dc.key}-{rack[-6:]}-s{count:02d}-v{vm}")
            tables.link(server, "HOSTS", machine)


def _routers(tables: Tables, dc: DataCentre) -> None:
    """Two border routers in hall 1, each on both UPS."""
    for count in (1, 2):
        router = tables.asset(f"router/{dc.key}-{count}", "router", f"Border router {count} {dc.name}", dc.place)
        tables.link(f"hall/{dc.key}-h1", "CONTAINS", router)
        for side in ("a", "b"):
            tables.link(f"ups/{dc.key}-{side}", "POWERS", router)


def build_feeds(grid: Grid) -> list[dict[str, str]]:
    """The connection agreements of the B feeds: grid bus -> feeder. (A feeds are stitched to the nearest bus.)"""
    places = {bus: grid.place(bus) for bus in grid.buses if bus in grid.station_of}
    rows = []
    for dc in DATA_CENTRES:
        if dc.feeds == "1":
            continue
        order = nearest(dc.place, places)
        station = grid.station_of[order[0]]
        others = [bus for bus in order if grid.station_of[bus] != station]
        bus = order[0] if dc.feeds == "same" else others[0]
        rows.append(
            {
                "from": f"grid:bus/{bus}",
                "to": f"datacentres:feeder/{dc.key}-b",
                "length_km": f"{distance_km(dc.place, places[bus]):.1f}",
            }
        )
    return rows
