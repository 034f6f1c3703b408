"""SciGRID-DE as a transmission operator would export it: one GeoPackage in the operator's own words and CRS."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import geopandas
import networkx as nx
import shapely
from common import read_csv
from pyproj import Transformer

CRS = "EPSG:25832"
TO_METRES = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
#: Status that we made up, so that the sample has assets that are not in service: line -> status word.
MADE_UP_STATUS = {"12": "außer Betrieb", "355": "außer Betrieb", "840": "geplant"}
JUNCTION = "auxillary_T_node"


@dataclass
class Station:
    """Buses of one place: joined by transformers, or with the same coordinates."""

    id: str
    name: str
    place: tuple[float, float]
    buses: list[str]
    operator: str


@dataclass
class Grid:
    """What the other parts need to know about the grid."""

    buses: dict[str, dict[str, str]]
    lines: list[dict[str, str]]
    transformers: list[dict[str, str]]
    stations: dict[str, Station] = field(default_factory=dict)
    station_of: dict[str, str] = field(default_factory=dict)

    def place(self, bus: str) -> tuple[float, float]:
        """Longitude and latitude of a bus."""
        return float(self.buses[bus]["x"]), float(self.buses[bus]["y"])


def read_grid(scigrid: Path) -> Grid:
    """Read SciGRID-DE and group its buses into stations; line junctions belong to none."""
    buses = {row["name"]: row for row in read_csv(scigrid / "buses.csv")}
    grid = Grid(buses, read_csv(scigrid / "lines.csv"), read_csv(scigrid / "transformers.csv"))
    sets = nx.utils.UnionFind(buses)
    for row in grid.transformers:
        sets.union(row["bus0"], row["bus1"])
    same_place: dict[tuple[str, str], str] = {}
    for name, row in buses.items():
        sets.union(name, same_place.setdefault((row["x"], row["y"]), name))
    groups: dict[str, list[str]] = defaultdict(list)
    for name in buses:
        groups[sets[name]].append(name)
    for members in groups.values():
        if len(members) == 1 and buses[members[0]]["typ"] == JUNCTION:
            continue
        station = _station(buses, members)
        grid.stations[station.id] = station
        grid.station_of |= dict.fromkeys(members, station.id)
    return grid


def _station(buses: dict[str, dict[str, str]], members: list[str]) -> Station:
    first = min(members, key=lambda name: (len(name), name))
    named = [buses[name]["osm_name"].strip() for name in members if buses[name]["osm_name"].strip()]
    operators = [buses[name]["operator"].strip() for name in members if buses[name]["operator"].strip()]
    place = (float(buses[first]["x"]), float(buses[first]["y"]))
    name = named[0] if named else f"Station {first}"
    return Station(first, name, place, members, operators[0] if operators else "")


def write_grid(grid: Grid, path: Path) -> None:
    """Write the four layers; the same input gives the same file."""
    # GDAL writes the time of day into the file unless it is told another one.
    os.environ["OGR_CURRENT_DATE"] = "2026-01-01T00:00:00.000Z"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    layers = {
        "stationen": _stations(grid),
        "sammelschienen": _buses(grid),
        "leitungen": _lines(grid),
        "transformatoren": _transformers(grid),
    }
    for name, (rows, shapes) in layers.items():
        frame = geopandas.GeoDataFrame(rows, geometry=_project(shapes), crs=CRS)
        frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio", layer_options={"SPATIAL_INDEX": "NO"})


def _project(shapes: list[shapely.Geometry | None]) -> list[shapely.Geometry | None]:
    def transform(xy):  # type: ignore[no-untyped-def]
        x, y = TO_METRES.transform(xy[:, 0], xy[:, 1])
        return shapely.get_coordinates(shapely.points(x.round(2), y.round(2)))

    return [None if shape is None else shapely.transform(shape, transform) for shape in shapes]


Layer = tuple[list[dict[str, object]], list[shapely.Geometry | None]]


def _stations(grid: Grid) -> Layer:
    rows: list[dict[str, object]] = []
    for station in grid.stations.values():
        levels = sorted({int(float(grid.buses[name]["v_nom"])) for name in station.buses}, reverse=True)
        rows.append(
            {
                "STATION_ID": station.id,
                "NAME": station.name,
                "BETREIBER": station.operator,
                "SPG_EBENEN": ";".join(map(str, levels)),
            }
        )
    return rows, [shapely.Point(station.place) for station in grid.stations.values()]


def _buses(grid: Grid) -> Layer:
    rows: list[dict[str, object]] = []
    for name, bus in grid.buses.items():
        station = grid.stations.get(grid.station_of.get(name, ""))
        level = int(float(bus["v_nom"]))
        title = station.name if station else (bus["osm_name"].strip() or f"Abzweig {name}")
        rows.append(
            {
                "SS_ID": name,
                "BEZEICHNUNG": f"{title} {level} kV",
                "STATION_ID": station.id if station else None,
                "TYP": "Sammelschiene" if station else "Abzweig",
                "U_NENN_KV": float(level),
                "BETREIBER": bus["operator"].strip() or None,
            }
        )
    return rows, [shapely.Point(grid.place(name)) for name in grid.buses]


def _lines(grid: Grid) -> Layer:
    rows: list[dict[str, object]] = []
    shapes: list[shapely.Geometry | None] = []
    for line in grid.lines:
        wkt = line["wkt_srid_4326"].removeprefix("SRID=4326;")
        shapes.append(shapely.from_wkt(wkt) if wkt else None)
        current = line["i_th_max_a"].strip()
        rows.append(
            {
                "LTG_ID": line["name"],
                "BEZEICHNUNG": line["osm_name"].strip() or f"Leitung {line['name']}",
                "VON_SS": line["bus0"],
                "NACH_SS": line["bus1"],
                "U_NENN_KV": float(grid.buses[line["bus0"]]["v_nom"]),
                "LAENGE_KM": round(float(line["length"]), 3),
                "S_NENN_MVA": round(float(line["s_nom"]), 1),
                "I_MAX_KA": float(current) if current else None,
                "SYSTEME": float(line["num_parallel"]),
                "BETREIBER": line["operator"].strip() or None,
                "STATUS": MADE_UP_STATUS.get(line["name"], "in Betrieb"),
            }
        )
    return rows, shapes


def _transformers(grid: Grid) -> Layer:
    rows: list[dict[str, object]] = []
    for row in grid.transformers:
        levels = [float(grid.buses[row[end]]["v_nom"]) for end in ("bus0", "bus1")]
        rows.append(
            {
                "TRAFO_ID": row["name"],
                "BEZEICHNUNG": f"Trafo {grid.stations[grid.station_of[row['bus0']]].name}",
                "STATION_ID": grid.station_of[row["bus0"]],
                "SS_OS": row["bus0"],
                "SS_US": row["bus1"],
                "U_OS_KV": max(levels),
                "U_US_KV": min(levels),
                "S_NENN_MVA": float(row["s_nom"]),
                "X_PU": float(row["x"]),
            }
        )
    return rows, [shapely.Point(grid.place(row["bus0"])) for row in grid.transformers]
