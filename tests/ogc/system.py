"""A system with all that layers can meet: several geometry types of a kind, no place, odd ids, nulls, many rows."""

from __future__ import annotations

import csv
from pathlib import Path

ROUTERS = 57
ASSETS: list[dict[str, str]] = [
    {"id": "station/nord", "kind": "substation", "name": "Nord", "lon": "13.30", "lat": "52.60"},
    {"id": "station/süd", "kind": "substation", "name": "Süd 'Alt'", "lon": "13.40", "lat": "52.40"},
    {"id": "station/fern", "kind": "substation", "name": "", "lon": "11.58", "lat": "48.14", "status": "planned"},
    {"id": "plant", "kind": "power_plant", "name": "Plant", "lon": "13.30", "lat": "52.60", "capacity_mw": "500"},
    {"id": "bus/220", "kind": "bus", "name": "Bus 220", "lon": "13.30", "lat": "52.60", "voltage_kv": "220"},
    {"id": "bus/110", "kind": "bus", "name": "Bus 110", "lon": "13.40", "lat": "52.40", "voltage_kv": "110"},
    {"id": "line 1", "kind": "power_line", "name": "Line 1", "wkt": "LINESTRING (13.30 52.60, 13.40 52.40)",
     "voltage_kv": "220"},
    {"id": "line#2?", "kind": "power_line", "name": "Leitung %_2", "voltage_kv": "380", "length_km": "12.5",
     "wkt": "MULTILINESTRING ((13.30 52.60, 13.35 52.5), (13.36 52.49, 13.40 52.40))"},
    {"id": "line/3", "kind": "power_line", "name": "A line without a route", "voltage_kv": "110"},
    {"id": "line/4", "kind": "power_line", "name": "A line known as a point", "lon": "13.35", "lat": "52.5"},
    {"id": "genset", "kind": "genset", "name": "Genset", "lon": "13.40", "lat": "52.40", "standby": "true",
     "start_delay_s": "60", "endurance_s": "3600"},
    {"id": "genset/old", "kind": "genset", "name": "Old genset", "lon": "13.40", "lat": "52.40", "standby": "false"},
    {"id": "ups", "kind": "ups", "name": "UPS", "lon": "13.40", "lat": "52.40", "ride_through_power_s": "900"},
    {"id": "server", "kind": "server", "name": "Server", "lon": "13.40", "lat": "52.40", "gpus": "8"},
    {"id": "vm/1", "kind": "vm", "name": "VM"},
    {"id": "Übung?", "kind": "workload", "name": "Übung & Test"},
    {"id": "region/a", "kind": "region", "name": "A", "wkt": "POLYGON ((13 52, 14 52, 14 53, 13 53, 13 52))"},
    {"id": "region/b", "kind": "region", "name": "B", "wkt": "MULTIPOLYGON (((11 48, 12 48, 12 49, 11 48)))"},
    *(
        {"id": f"router/{i:02}", "kind": "router", "name": f"Router {i}", "lon": f"{10 + i / 10}", "lat": "50.5",
         "capacity_gbps": str(i) if i % 3 else ""}
        for i in range(ROUTERS)
    ),
]  # fmt: skip
LINKS: list[tuple[str, str, str, str, str]] = [
    ("plant", "POWERS", "bus/220", "", ""),
    ("station/nord", "CONTAINS", "bus/220", "", ""),
    ("station/süd", "CONTAINS", "bus/110", "", ""),
    ("bus/220", "CONDUCTS", "line 1", "", ""),
    ("line 1", "CONDUCTS", "bus/110", "", ""),
    ("bus/220", "CONDUCTS", "line#2?", "", ""),
    ("line#2?", "CONDUCTS", "bus/110", "", ""),
    ("bus/110", "POWERS", "ups", "", "any"),
    ("genset", "POWERS", "ups", "", "any"),
    ("ups", "POWERS", "server", "feed", "1"),
    ("server", "HOSTS", "vm/1", "", ""),
    ("vm/1", "HOSTS", "Übung?", "", ""),
    ("bus/110", "POWERS", "router/00", "", ""),
]


def write_system(folder: Path) -> None:
    """``assets.csv`` and ``links.csv``."""
    folder.mkdir(parents=True)
    columns = list(dict.fromkeys(name for row in ASSETS for name in row))
    with (folder / "assets.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(ASSETS)
    with (folder / "links.csv").open("w", newline="", encoding="utf-8") as file:
        plain = csv.writer(file)
        plain.writerow(["from", "type", "to", "group", "need"])
        plain.writerows(LINKS)
