"""The sample as two joined tables, without a database: the stitch rules applied by the plainest means."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Geod

from twin.ingest.loader import load_loader, parse_options
from twin.ingest.manifest import Manifest, Side, StitchSpec
from twin.model import AssetRecord, LinkRecord
from twin.schema import Schema

GEOD = Geod(ellps="WGS84")
Link = tuple[str, str, str, str, str]


def read_sample(manifest: Manifest, schema: Schema) -> tuple[dict[str, AssetRecord], list[Link], list[Any]]:
    """Assets by full id, links with full ids (from, type, to, group, need), and rejects."""
    assets: dict[str, AssetRecord] = {}
    links: list[Link] = []
    rejects: list[Any] = []

    def full(source: str, native: str) -> str:
        return native if native.split(":")[0] in manifest.sources else f"{source}:{native}"

    for spec in manifest.imports:
        loader = load_loader(spec.loader)
        options = parse_options(loader, spec.options)
        for path in spec.paths:
            for record in loader.records(path, options, schema):
                if isinstance(record, AssetRecord):
                    assert f"{spec.source}:{record.id}" not in assets
                    assets[f"{spec.source}:{record.id}"] = record
                elif isinstance(record, LinkRecord):
                    start, end = full(spec.source, record.from_id), full(spec.source, record.to_id)
                    links.append((start, record.type, end, record.group or "", record.need or ""))
                else:
                    rejects.append(record)
    return assets, links, rejects


def stitched(spec: StitchSpec, assets: dict[str, AssetRecord]) -> list[Link]:
    """The links of one rule; rule ``within`` has no consequence and is left out."""
    start, end = _pick(spec.start, assets), _pick(spec.end, assets)
    if spec.rule == "table":
        assert spec.path is not None
        with spec.path.open(encoding="utf-8", newline="") as stream:
            pairs = [(row["from"], row["to"]) for row in csv.DictReader(stream)]
        assert all(a in start and b in end for a, b in pairs)
    elif spec.rule == "key":
        by_key = {assets[name].properties["ref"]: name for name in start}
        pairs = [(by_key[assets[name].properties["ref"]], name) for name in end]
    elif spec.rule == "nearest":
        pairs = _nearest(spec, start, end, assets)
    else:
        pairs = []
    return [(a, spec.link, b, spec.group or "", str(spec.need or "")) for a, b in pairs]


def write_tables(folder: Path, assets: dict[str, AssetRecord], links: list[Link]) -> None:
    """assets.csv and links.csv with ids of all sources."""
    columns = sorted({key for record in assets.values() for key in record.properties})
    with (folder / "assets.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "kind", "name", *columns])
        for name, record in assets.items():
            cells = [record.properties.get(column, "") for column in columns]
            writer.writerow(
                [name, record.kind, record.name, *(str(c).lower() if c in (True, False) else c for c in cells)]
            )
    with (folder / "links.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["from", "type", "to", "group", "need"])
        writer.writerows(links)


def _pick(side: Side, assets: dict[str, AssetRecord]) -> list[str]:
    return [
        name
        for name, record in assets.items()
        if record.kind in side.kind
        and (side.source is None or name.split(":")[0] in side.source)
        and all(record.properties.get(key) == value for key, value in side.where.items())
    ]


def _nearest(
    spec: StitchSpec, start: list[str], end: list[str], assets: dict[str, AssetRecord]
) -> list[tuple[str, str]]:
    assert spec.max_distance_m is not None
    assert spec.k == 1
    there = np.array([_place(assets[name]) for name in start])
    pairs = []
    for name in end:
        here = np.tile(_place(assets[name]), (len(start), 1))
        metres = GEOD.inv(here[:, 0], here[:, 1], there[:, 0], there[:, 1])[2]
        best = int(np.argmin(metres))
        assert metres[best] <= spec.max_distance_m, name
        pairs.append((start[best], name))
    return pairs


def _place(record: AssetRecord) -> tuple[float, float]:
    point = shapely.from_wkb(record.geometry).representative_point()
    return point.x, point.y
