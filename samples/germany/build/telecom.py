"""The telecom operator's inventory around germany50: sites, batteries, cables, exchanges, control centres, RTUs."""

from __future__ import annotations

from dataclasses import dataclass

from common import HOUR, Tables, distance_km, line_wkt, nearest, slug
from fibre import Fibre
from generation import Plant
from grid import Grid, Station

#: Towns whose site has a standby generator beside its battery.
HUBS = ("berlin", "duesseldorf", "frankfurt", "hamburg", "hannover", "leipzig", "muenchen", "nuernberg", "stuttgart")
EXCHANGES = ("berlin", "duesseldorf", "frankfurt", "hamburg", "muenchen")
#: Two cables that leave a town through one duct: diversity that exists on paper only.
SHARED_DUCTS = {
    "koeln-rheinbruecke": ("Köln, Rhine bridge", "koeln", (("duesseldorf", "koeln"), ("koblenz", "koeln"))),
    "hamburg-suederelbe": ("Hamburg, Süderelbe", "hamburg", (("braunschweig", "hamburg"), ("hamburg", "hannover"))),
    "karlsruhe-hauptbahnhof": (
        "Karlsruhe, main station",
        "karlsruhe",
        (("karlsruhe", "mannheim"), ("karlsruhe", "stuttgart")),
    ),
}
#: A second cable that is ordered but not laid.
PLANNED_CABLES = (("muenchen", "passau"), ("freiburg", "konstanz"))


@dataclass(frozen=True)
class Centre:
    """A control centre: where it is, which routers it hangs on, who it controls."""

    id: str
    name: str
    place: tuple[float, float]
    towns: tuple[str, str]


CENTRES = {
    "nord": Centre("centre/nord", "Synthetic grid control centre Nord", (9.98, 52.37), ("hannover", "braunschweig")),
    "ost": Centre("centre/ost", "Synthetic grid control centre Ost", (13.69, 52.52), ("berlin", "magdeburg")),
    "west": Centre("centre/west", "Synthetic grid control centre West", (6.80, 50.98), ("koeln", "duesseldorf")),
    "suedwest": Centre(
        "centre/suedwest", "Synthetic grid control centre Suedwest", (9.37, 48.67), ("stuttgart", "ulm")
    ),
    "hydro": Centre("centre/hydro", "Synthetic hydro dispatch centre", (11.70, 48.25), ("muenchen", "augsburg")),
}
BACKUP = {"nord": "ost", "ost": "nord", "west": "suedwest", "suedwest": "west"}
OPERATORS = (
    ("suedwest", ("enbw", "transnet", "schluchsee")),
    ("ost", ("50hertz", "vattenfall", "envia", "drewag")),
    ("west", ("amprion", "ampirion", "rwe", "westnetz", "lew")),
    ("nord", ("tennet", "eon", "e.on", "avacon")),
)


def build_telecom(fibre: Fibre, grid: Grid, remote: list[Plant]) -> Tables:
    """Everything but the circuits of the data centres."""
    tables = Tables()
    for town in fibre.places:
        _site(tables, fibre, town)
    for town in EXCHANGES:
        _exchange(tables, fibre, town)
    _cables(tables, fibre)
    for centre in CENTRES.values():
        _centre(tables, fibre, centre)
    for station in grid.stations.values():
        _rtu(tables, fibre, grid, station)
    for plant in remote:
        _telecontrol(tables, fibre, plant)
    return tables


def _site(tables: Tables, fibre: Fibre, town: str) -> None:
    """The building with its 48 V battery; the battery feeds the router."""
    name, place = fibre.names[town], fibre.places[town]
    degree = fibre.graph.degree[town]
    hours = 8 if town in HUBS else 6 if degree == 2 or degree >= 4 else 4
    site = tables.asset(f"site/{town}", "site", f"Telecom site {name}", place)
    battery = tables.asset(
        f"battery/{town}", "ups", f"48 V battery {name}", place, ride_through_power_s=hours * HOUR, capacity_mw=0.04
    )
    tables.link(site, "CONTAINS", battery)
    tables.link(site, "CONTAINS", fibre.router(town))
    tables.link(battery, "POWERS", fibre.router(town))
    if town in HUBS:
        genset = tables.asset(
            f"genset/{town}",
            "genset",
            f"Standby generator {name}",
            place,
            standby=True,
            start_delay_s=120,
            endurance_s=72 * HOUR,
            capacity_mw=0.2,
            fuel="diesel",
        )
        tables.link(site, "CONTAINS", genset)
        tables.link(genset, "POWERS", battery)


def access_span(
    tables: Tables, fibre: Fibre, native: str, name: str, end: str, place: tuple[float, float], town: str
) -> None:
    """A span from a transport node at *place* to a town's router, in the mesh."""
    there = fibre.places[town]
    km = round(max(distance_km(place, there), 0.5) * 1.3, 1)
    wkt = line_wkt(place, there) if place != there else None
    tables.asset(native, "span", name, wkt=wkt, length_km=km, technology="access")
    tables.link(end, "TRANSPORTS", native)
    tables.link(native, "TRANSPORTS", fibre.router(town))


def _exchange(tables: Tables, fibre: Fibre, town: str) -> None:
    name = fibre.names[town]
    exchange = tables.asset(f"exchange/{town}", "exchange", f"Synthetic internet exchange {name}", fibre.places[town])
    tables.link(f"battery/{town}", "POWERS", exchange)
    title = f"Exchange {name} to its router"
    access_span(tables, fibre, f"access/exchange-{town}", title, exchange, fibre.places[town], town)


def _cables(tables: Tables, fibre: Fibre) -> None:
    for a, b, data in sorted(fibre.graph.edges(data=True)):
        _cable(tables, fibre, *sorted((a, b)), data["km"], 1, None)
    for a, b in PLANNED_CABLES:
        _cable(tables, fibre, a, b, fibre.graph.edges[a, b]["km"] * 1.1, 2, "planned")
    for key, (title, town, pairs) in SHARED_DUCTS.items():
        duct = tables.asset(f"duct/{key}", "duct", f"Synthetic duct {title}", fibre.places[town], length_km=1.2)
        for pair in pairs:
            tables.link(duct, "CONTAINS", _cable_id(*pair, 1))


def _cable_id(a: str, b: str, count: int) -> str:
    return f"cable/{a}--{b}-{count}"


def _cable(tables: Tables, fibre: Fibre, a: str, b: str, km: float, count: int, status: str | None) -> None:
    cable = tables.asset(
        _cable_id(a, b, count),
        "fibre_cable",
        f"Cable {fibre.names[a]} - {fibre.names[b]} {count}",
        wkt=line_wkt(fibre.places[a], fibre.places[b]),
        length_km=round(km, 1),
        fibre_count=96,
        status=status,
    )
    tables.link(cable, "CARRIES", fibre.span(a, b))


def _centre(tables: Tables, fibre: Fibre, centre: Centre) -> None:
    """A centre with its own battery and generator, joined to two routers."""
    tables.asset(centre.id, "control_centre", centre.name, centre.place, ride_through_power_s=4 * HOUR)
    genset = tables.asset(
        f"genset/{centre.id.replace('/', '-')}",
        "genset",
        f"Standby generator of {centre.name}",
        centre.place,
        standby=True,
        start_delay_s=60,
        endurance_s=96 * HOUR,
        capacity_mw=1.0,
        fuel="diesel",
    )
    tables.link(genset, "POWERS", centre.id)
    for town in centre.towns:
        key = f"access/{centre.id.replace('/', '-')}-{town}"
        access_span(tables, fibre, key, f"{centre.name} to {fibre.names[town]}", centre.id, centre.place, town)
        tables.link(fibre.router(town), "SERVES", centre.id)


def zone_of(station: Station) -> str:
    """The grid control centre of a station: by its operator's name, else the nearest."""
    words = station.operator.lower()
    for zone, names in OPERATORS:
        if any(name in words for name in names):
            return zone
    places = {zone: centre.place for zone, centre in CENTRES.items() if zone in BACKUP}
    return nearest(station.place, places)[0]


def _rtu(tables: Tables, fibre: Fibre, grid: Grid, station: Station) -> None:
    """The station's RTU: 8 h of station battery, a circuit to the control centre, a second one for main stations."""
    rtu = tables.asset(
        f"rtu/{slug(station.id)}",
        "rtu",
        f"RTU {station.name}",
        station.place,
        ride_through_power_s=8 * HOUR,
        ref=station.id,
    )
    lowest = min(station.buses, key=lambda bus: (float(grid.buses[bus]["v_nom"]), bus))
    tables.link(f"grid:bus/{lowest}", "POWERS", rtu)
    zone = zone_of(station)
    town = nearest(station.place, fibre.places)[0]
    zones = [zone] + ([BACKUP[zone]] if _is_main(grid, station) else [])
    for number, centre in enumerate((CENTRES[z] for z in zones), 1):
        circuit = tables.asset(
            f"circuit/{rtu.replace('/', '-')}-{number}",
            "circuit",
            f"Control circuit {number} {station.name}",
            capacity_gbps=0.002,
            technology="MPLS-TP",
        )
        tables.link(fibre.router(town), "CONNECTS", circuit)
        tables.link(centre.id, "CONNECTS", circuit)
        tables.link(circuit, "SERVES", rtu)


def _is_main(grid: Grid, station: Station) -> bool:
    own = set(station.buses)
    return sum(line["bus0"] in own or line["bus1"] in own for line in grid.lines) >= 8


def _telecontrol(tables: Tables, fibre: Fibre, plant: Plant) -> None:
    """The circuit over which the dispatch centre runs an unstaffed plant."""
    town = nearest(plant.place, fibre.places)[0]
    circuit = tables.asset(
        f"circuit/{plant.id.replace('/', '-')}",
        "circuit",
        f"Telecontrol {plant.name}",
        capacity_gbps=0.002,
        technology="MPLS-TP",
    )
    tables.link(fibre.router(town), "CONNECTS", circuit)
    tables.link(CENTRES["hydro"].id, "CONNECTS", circuit)
    tables.link(circuit, "SERVES", f"generation:{plant.id}")
