"""What every part of the builder shares: reading, slugs, distances, tables and their writing."""

from __future__ import annotations

import csv
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

SEED = 20260101
EARTH_KM = 6371.0088
ASSET_COLUMNS = ("id", "kind", "name", "lon", "lat", "wkt")
LINK_COLUMNS = ("from", "type", "to", "group", "need")
HOUR = 3600


def read_csv(path: Path) -> list[dict[str, str]]:
    """All rows of a UTF-8 CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def slug(text: str) -> str:
    """ASCII, lower case, hyphens: ``Run of River`` -> ``run-of-river``."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two (lon, lat) in km; good enough to choose a nearest one."""
    lon_a, lat_a, lon_b, lat_b = map(math.radians, (*a, *b))
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(h))


def nearest(place: tuple[float, float], places: Mapping[str, tuple[float, float]]) -> list[str]:
    """The keys of *places* by distance from *place*, then by key."""
    return sorted(places, key=lambda key: (distance_km(place, places[key]), key))


def number(value: float, digits: int = 6) -> str:
    """A number as short text without an exponent or trailing zeros."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return text if text not in ("", "-0") else "0"


def line_wkt(a: tuple[float, float], b: tuple[float, float]) -> str:
    """A straight line between two (lon, lat), as WKT with 4 decimals."""
    return f"LINESTRING ({number(a[0], 4)} {number(a[1], 4)}, {number(b[0], 4)} {number(b[1], 4)})"


class Tables:
    """One export in the `tables` format, collected and then written as assets.csv and links.csv."""

    def __init__(self) -> None:
        self.assets: dict[str, dict[str, Any]] = {}
        self.links: list[dict[str, Any]] = []

    def asset(
        self, native: str, kind: str, name: str, place: tuple[float, float] | None = None, **properties: Any
    ) -> str:
        """Add an asset; returns its native id."""
        if native in self.assets:
            raise ValueError(f"two assets are called {native}")
        row: dict[str, Any] = {"id": native, "kind": kind, "name": name}
        if place is not None:
            row |= {"lon": number(place[0], 5), "lat": number(place[1], 5)}
        self.assets[native] = row | {key: value for key, value in properties.items() if value is not None}
        return native

    def link(self, start: str, kind: str, end: str, group: str = "", need: str = "") -> None:
        """Add a link from what supplies to what needs."""
        self.links.append({"from": start, "type": kind, "to": end, "group": group, "need": need})

    def write(self, folder: Path) -> None:
        """Write both files, with a column for each property that occurs."""
        folder.mkdir(parents=True, exist_ok=True)
        extra = sorted({key for row in self.assets.values() for key in row} - set(ASSET_COLUMNS))
        fixed = [c for c in ASSET_COLUMNS if any(c in row for row in self.assets.values())]
        write_csv(folder / "assets.csv", [*fixed, *extra], self.assets.values())
        write_csv(folder / "links.csv", list(LINK_COLUMNS), self.links)


def write_csv(path: Path, columns: list[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as UTF-8 CSV with line feeds; booleans as true and false, numbers short."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(row.get(column, "")) for column in columns])


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, float) else str(value)
