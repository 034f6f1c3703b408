"""Reading a hazard footprint from a file, through GDAL."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from twin.errors import LimitExceeded, SourceUnreadable
from twin.schema import suggest

MAX_FEATURES = 200_000
#: Fields that may hold what a feature is called, best first.
NAMES = ("name", "title", "label", "id", "hazard", "zone")


@dataclass(frozen=True)
class Feature:
    """One feature of a footprint: its geometry and what it is called."""

    shape: Any
    name: str | None = None


def read_features(path: Path, layer: str | None, max_vertices: int) -> tuple[list[Feature], Any]:
    """The features of one layer and its CRS (None for longitude and latitude, or when the file names none).

    Raises:
        SourceUnreadable: no such file, no format that GDAL reads, no such layer, or none named of several.
        LimitExceeded: too many features.
    """
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    if not path.exists():
        raise SourceUnreadable(f"{path} is not there", fix="Give the path of a file with polygons.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            chosen = _layer(path, layer, pyogrio.list_layers(path))
            meta, _, wkb, fields = pyogrio.raw.read(path, layer=chosen, max_features=MAX_FEATURES + 1)
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise SourceUnreadable(f"{path.name} cannot be read: {str(error)[:300]}") from error
    if wkb is None:
        raise SourceUnreadable(f"{path.name} has no geometries", fix="Give a file with polygons.")
    if len(wkb) > MAX_FEATURES:
        raise LimitExceeded(f"{path.name} has more than {MAX_FEATURES:,} features", fix="Take fewer at a time.")
    names = _names(list(meta["fields"]), fields, len(wkb))
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    return [Feature(s, n) for s, n in zip(shapes, names, strict=True) if s is not None], _crs(meta.get("crs"))


def _layer(path: Path, wanted: str | None, layers: Any) -> str:
    spatial = [(str(name), str(kind)) for name, kind in layers if kind is not None]
    names = [name for name, _ in spatial]
    if wanted is not None:
        if wanted not in names:
            raise SourceUnreadable(
                f"{path.name} has no layer {wanted!r}.{suggest(wanted, names)}", fix=f"It has: {', '.join(names)}."
            )
        return wanted
    if not names:
        raise SourceUnreadable(f"{path.name} has no layer with geometries", fix="Give a file with polygons.")
    polygons = [name for name, kind in spatial if "Polygon" in kind]
    if len(names) > 1 and len(polygons) != 1:
        raise SourceUnreadable(
            f"{path.name} has several layers: {', '.join(names)}", fix="Say which one with --hazard-layer."
        )
    return polygons[0] if len(names) > 1 else names[0]


def _names(columns: list[str], fields: Any, n: int) -> list[str | None]:
    lower = [name.lower() for name in columns]
    place = next((lower.index(name) for name in NAMES if name in lower), None)
    if place is None:
        return [None] * n
    return [None if value is None or value != value else str(value)[:200] for value in np.asarray(fields[place])]


def _crs(name: Any) -> Any:
    return None if name is None or str(name).upper() in ("EPSG:4326", "OGC:CRS84") else name
