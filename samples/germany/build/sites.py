"""The made-up data centres: where they are, how they are fed, cooled and connected. All synthetic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """What one module of a data centre holds."""

    halls: int
    racks: int
    servers: int
    gpus: int
    vms: int
    ups_s: int


#: GPU halls carry less battery for their load than others.
SIZES = {
    "gpu": Size(halls=3, racks=8, servers=4, gpus=8, vms=0, ups_s=300),
    "cloud": Size(halls=2, racks=8, servers=6, gpus=0, vms=2, ups_s=600),
    "colo": Size(halls=2, racks=6, servers=6, gpus=0, vms=1, ups_s=900),
    "edge": Size(halls=1, racks=4, servers=6, gpus=0, vms=2, ups_s=900),
}


@dataclass(frozen=True)
class DataCentre:
    """One data centre.

    Attributes:
        towns: one or two fibre towns that its access spans lead to.
        feeds: ``2`` feeds from two stations, ``same`` both from one station, ``1`` a single feed.
        gensets: standby sets; 0 for none.
        wan: ``protected`` (two paths), ``routed`` (over the mesh) or ``single`` (one fixed route).
        exchange: town of the exchange that its circuit leads to.
    """

    key: str
    name: str
    place: tuple[float, float]
    size: str
    towns: tuple[str, ...]
    exchange: str
    feeds: str = "2"
    gensets: int = 2
    fuel_h: int = 48
    wan: str = "protected"
    operator: str = "Synthetic Hosting"


def _dc(number: int, town: str, title: str, lon: float, lat: float, size: str, **more: object) -> DataCentre:
    options: dict[str, object] = {"towns": (town,), **more}
    key, name = f"{town}-{number}", f"Synthetic DC {title} {number}"
    return DataCentre(key, name, (lon, lat), size, **options)  # type: ignore[arg-type]


DATA_CENTRES = (
    _dc(1, "frankfurt", "Frankfurt", 8.735, 50.120, "cloud", exchange="frankfurt", towns=("frankfurt", "darmstadt")),
    _dc(2, "frankfurt", "Frankfurt", 8.600, 50.140, "gpu", exchange="frankfurt", feeds="same", fuel_h=24),
    _dc(3, "frankfurt", "Frankfurt", 8.690, 50.170, "edge", exchange="frankfurt", feeds="1", gensets=0, wan="single"),
    _dc(4, "frankfurt", "Frankfurt", 8.900, 50.120, "colo", exchange="duesseldorf", wan="routed"),
    _dc(1, "berlin", "Berlin", 13.300, 52.530, "cloud", exchange="berlin", towns=("berlin", "magdeburg")),
    _dc(2, "berlin", "Berlin", 13.540, 52.440, "colo", exchange="berlin", feeds="same"),
    _dc(1, "muenchen", "München", 11.700, 48.170, "cloud", exchange="muenchen", towns=("muenchen", "augsburg")),
    _dc(2, "muenchen", "München", 11.470, 48.200, "colo", exchange="frankfurt"),
    _dc(1, "hamburg", "Hamburg", 10.080, 53.500, "cloud", exchange="hamburg", wan="routed"),
    _dc(2, "hamburg", "Hamburg", 9.900, 53.480, "colo", exchange="frankfurt", feeds="same"),
    _dc(1, "duesseldorf", "Düsseldorf", 6.740, 51.270, "cloud", exchange="duesseldorf", wan="routed"),
    _dc(1, "koeln", "Köln", 6.880, 50.990, "colo", exchange="frankfurt", fuel_h=24),
    _dc(1, "stuttgart", "Stuttgart", 9.130, 48.830, "cloud", exchange="frankfurt"),
    _dc(1, "karlsruhe", "Karlsruhe", 8.380, 49.030, "colo", exchange="frankfurt", fuel_h=24),
    _dc(1, "nuernberg", "Nürnberg", 11.010, 49.500, "cloud", exchange="frankfurt"),
    _dc(1, "leipzig", "Leipzig", 12.450, 51.390, "gpu", exchange="berlin", fuel_h=24),
    _dc(1, "dresden", "Dresden", 13.790, 51.020, "edge", exchange="berlin", feeds="1", gensets=1, fuel_h=24),
    _dc(1, "magdeburg", "Magdeburg", 11.620, 52.080, "gpu", exchange="berlin", towns=("magdeburg", "braunschweig")),
    _dc(1, "hannover", "Hannover", 9.800, 52.400, "colo", exchange="hamburg"),
    _dc(1, "bremen", "Bremen", 8.800, 53.120, "edge", exchange="hamburg", feeds="1", gensets=1, wan="single"),
    _dc(1, "passau", "Passau", 13.450, 48.560, "colo", exchange="muenchen", gensets=1, fuel_h=24),
    _dc(1, "saarbruecken", "Saarbrücken", 6.980, 49.270, "edge", exchange="frankfurt", gensets=1, fuel_h=24),
    _dc(1, "kiel", "Kiel", 10.110, 54.320, "edge", exchange="hamburg", feeds="1", gensets=0, wan="single"),
    _dc(1, "dortmund", "Dortmund", 7.480, 51.530, "gpu", exchange="duesseldorf", gensets=3),
)

#: Hall 2 is being fitted out: the inventory asks for 2 cooling units and lists one (see README, findings).
DIRTY_HALL = ("hannover-1", 2)
#: A hall whose racks stand empty until next year.
PLANNED_RACKS = ("leipzig-1", 3)
#: Machines taken out for repair.
OUT_OF_SERVICE = ("server/nuernberg-1-h1-r01-s01", "server/berlin-2-h2-r03-s04")
