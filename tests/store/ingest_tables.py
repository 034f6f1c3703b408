"""Small exports for the ingest tests, written as tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from twin.ingest.manifest import single
from twin.ingest.report import ImportReport
from twin.ingest.run import Flags, run_import
from twin.schema import default_schema
from twin.store import Store

ASSETS = ("id", "kind", "name", "lon", "lat", "wkt", "voltage_kv", "operator", "status")
LINKS = ("from", "type", "to", "group", "need", "capacity", "length_km", "latency_ms")


def write(folder: Path, assets: Iterable[Sequence[Any]], links: Iterable[Sequence[Any]]) -> Path:
    """An export of the loader ``tables``; rows may be shorter than the header."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, header, rows in (("assets.csv", ASSETS, assets), ("links.csv", LINKS, links)):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows([*row, *[""] * (len(header) - len(row))] for row in rows)
    return folder


def grid(folder: Path, buses: int = 20, name: str = "Bus", voltage: int = 380) -> Path:
    """A ring of buses with a line between neighbours, and a generator."""
    assets: list[Sequence[Any]] = [("g", "generator", "Gen", 9.0, 52.0)]
    links: list[Sequence[Any]] = [("g", "POWERS", "b0")]
    for i in range(buses):
        assets.append((f"b{i}", "bus", f"{name} {i}", 9 + i / 100, 52.0, "", voltage, "TSO"))
        wkt = f"LINESTRING ({9 + i / 100} 52, {9 + (i + 1) / 100} 52)"
        assets.append((f"l{i}", "power_line", f"Line {i}", "", "", wkt, voltage))
        links += [(f"l{i}", "CONDUCTS", f"b{i}"), (f"l{i}", "CONDUCTS", f"b{(i + 1) % buses}")]
    return write(folder, assets, links)


def load(store: Store, folder: Path, source: str = "grid", dry_run: bool = False, **flags: bool) -> ImportReport:
    """Import one folder of tables."""
    manifest = single("tables", source, folder)
    reports = folder.parent / "reports"
    return run_import(store, default_schema(), manifest, reports=reports, flags=Flags(**flags), dry_run=dry_run)


def counts(report: ImportReport, what: str = "assets", source: int = 0) -> dict[str, int]:
    """Counts of one source that are not zero."""
    return {name: n for name, n in report.plan["sources"][source][what].items() if n}
