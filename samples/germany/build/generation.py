"""Plants, storage and demand of SciGRID-DE as tables; what the network model does not say is made up by rule."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from common import HOUR, Tables, read_csv, slug
from grid import Grid

#: Inverters that follow the grid: without its voltage they stop, so they are no source of their own.
GRID_FOLLOWING = {"Solar", "Wind Onshore", "Wind Offshore"}
#: Hydro plants run without staff, dispatched over a telecontrol circuit, and stop this long after losing it.
UNSTAFFED = {"Run of River": HOUR // 2, "Storage Hydro": HOUR // 2, "Pumped Hydro": HOUR // 2}
#: Steam plants need the grid to start.
NEEDS_GRID_TO_START = {"Nuclear", "Brown Coal", "Hard Coal", "Waste", "Oil", "Other", "Geothermal", "Multiple"}


@dataclass(frozen=True)
class Plant:
    """A plant that is dispatched over telecom."""

    id: str
    name: str
    place: tuple[float, float]
    bus: str
    carrier: str


def build_generation(scigrid: Path, grid: Grid) -> tuple[Tables, list[Plant]]:
    """The tables, and the plants that need a telecontrol circuit."""
    tables, remote = Tables(), []
    for row in read_csv(scigrid / "generators.csv"):
        plant = _plant(tables, grid, row)
        if row["carrier"] in UNSTAFFED:
            remote.append(plant)
    remote += [_storage(tables, grid, row) for row in read_csv(scigrid / "storage_units.csv")]
    _loads(tables, scigrid, grid)
    return tables, remote


def _title(grid: Grid, bus: str) -> str:
    station = grid.stations.get(grid.station_of.get(bus, ""))
    return station.name if station else f"Abzweig {bus}"


def _plant(tables: Tables, grid: Grid, row: dict[str, str]) -> Plant:
    bus, carrier = row["bus"], row["carrier"]
    following = carrier in GRID_FOLLOWING
    native = tables.asset(
        f"{'gen' if following else 'plant'}/{bus}-{slug(carrier)}",
        "generator" if following else "power_plant",
        f"{carrier} {_title(grid, bus)}",
        grid.place(bus),
        fuel=carrier,
        capacity_mw=round(float(row["p_nom"]), 3),
        black_start=False if carrier in NEEDS_GRID_TO_START else None,
        ride_through_data_s=UNSTAFFED.get(carrier),
        ref=row["name"],
    )
    tables.link(native, "POWERS", f"grid:bus/{bus}")
    if following:
        tables.link(f"grid:bus/{bus}", "POWERS", native)
    return Plant(native, tables.assets[native]["name"], grid.place(bus), bus, carrier)


def _storage(tables: Tables, grid: Grid, row: dict[str, str]) -> Plant:
    bus, carrier, power = row["bus"], row["carrier"], float(row["p_nom"])
    native = tables.asset(
        f"storage/{bus}-{slug(carrier)}",
        "storage_unit",
        f"{carrier} {_title(grid, bus)}",
        grid.place(bus),
        fuel=carrier,
        capacity_mw=round(power, 3),
        energy_mwh=round(power * float(row["max_hours"]), 1),
        ride_through_data_s=UNSTAFFED[carrier],
        ref=row["name"],
    )
    tables.link(native, "POWERS", f"grid:bus/{bus}")
    return Plant(native, tables.assets[native]["name"], grid.place(bus), bus, carrier)


def _loads(tables: Tables, scigrid: Path, grid: Grid) -> None:
    """Demand in the hour of the highest total; a load without a series has no figure."""
    series = read_csv(scigrid / "loads-p_set.csv")
    names = [name for name in series[0] if name]
    peak = max(series, key=lambda hour: sum(float(hour[name]) for name in names))
    for row in read_csv(scigrid / "loads.csv"):
        bus, name = row["bus"], row["name"]
        native = tables.asset(
            f"load/{name}",
            "load",
            f"Demand {_title(grid, bus)}",
            grid.place(bus),
            demand_mw=round(float(peak[name]), 3) if name in names else None,
            voltage_kv=float(grid.buses[bus]["v_nom"]),
            ref=name,
        )
        tables.link(f"grid:bus/{bus}", "POWERS", native)
