"""Four made-up planning regions: rectangles, not administrative borders."""

from __future__ import annotations

import json
from pathlib import Path

#: key -> (name, west, south, east, north) in degrees.
REGIONS = {
    "nordwest": ("Synthetic planning region Nordwest", 5.5, 51.0, 10.5, 55.2),
    "nordost": ("Synthetic planning region Nordost", 10.5, 51.0, 15.5, 55.2),
    "suedwest": ("Synthetic planning region Südwest", 5.5, 47.0, 10.5, 51.0),
    "suedost": ("Synthetic planning region Südost", 10.5, 47.0, 15.5, 51.0),
}


def write_regions(path: Path) -> None:
    """Write them as GeoJSON, one feature a line."""
    lines = []
    for key, (name, west, south, east, north) in REGIONS.items():
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        feature = {
            "type": "Feature",
            "properties": {"region_id": key, "name": name},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        lines.append(json.dumps(feature, ensure_ascii=False))
    path.parent.mkdir(parents=True, exist_ok=True)
    body = ",\n".join(lines)
    path.write_text(f'{{"type": "FeatureCollection", "features": [\n{body}\n]}}\n', encoding="utf-8")
