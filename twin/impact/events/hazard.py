"""A hazard footprint: polygons made fit to ask which assets they hit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from twin.errors import InvalidParameter, LimitExceeded
from twin.impact.events import globe
from twin.impact.events.geojson import fault
from twin.impact.events.hazard_file import NAMES, Feature, read_features
from twin.impact.events.places import Places
from twin.snapshot.arrays import Longs

MAX_VERTICES = 1_000_000
MAX_BUFFER_M = 1_000_000.0
NAMED = 20
#: Edges of projected shapes are cut to this length before they are carried over to degrees.
EDGE_M = 5_000.0
GEOJSON = "Give a Polygon, a MultiPolygon, a Feature or a FeatureCollection, in degrees, longitude first."


@dataclass(frozen=True)
class Hazard:
    """A footprint in WGS 84, with its buffer.

    Attributes:
        area: one geometry, degrees, cut at the 180th meridian.
        min_crossing_m: a line is hit when at least that much of it lies inside, or all of it.
        about: what an answer says of it: source, features, names, digest, buffer_m, min_crossing_m.
        notes: what was mended or left out.
    """

    area: Any
    min_crossing_m: float = 0.0
    about: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def read(
        cls, path: str | Path, layer: str | None = None, *, buffer_m: float = 0.0, min_crossing_m: float = 0.0
    ) -> Hazard:
        """From a file that GDAL reads: GeoJSON, GeoPackage, Shapefile, FlatGeobuf, KML and others.

        Args:
            path: the file. layer: which of several layers. buffer_m: widened by so many metres.
            min_crossing_m: metres of a line that must lie inside.

        Raises:
            SourceUnreadable: the file or the layer cannot be read. InvalidParameter, LimitExceeded: see :meth:`of`.
        """
        path = Path(path)
        features, crs = read_features(path, layer, MAX_VERTICES)
        return cls.of(features, crs, path.name, buffer_m=buffer_m, min_crossing_m=min_crossing_m)

    @classmethod
    def from_geojson(
        cls,
        document: Mapping[str, Any] | str,
        *,
        buffer_m: float = 0.0,
        min_crossing_m: float = 0.0,
        max_vertices: int = MAX_VERTICES,
    ) -> Hazard:
        """From a GeoJSON geometry, feature or feature collection (RFC 7946; an older ``crs`` member is heeded).

        Raises:
            InvalidParameter: it is no GeoJSON; else see :meth:`of`.
        """
        if isinstance(document, str):
            try:
                document = orjson.loads(document)
            except orjson.JSONDecodeError as error:
                raise InvalidParameter(f"the hazard is no JSON: {error}", fix=GEOJSON) from error
        features = [Feature(_geometry(g), name) for g, name in _members(document)]
        options: dict[str, Any] = {"buffer_m": buffer_m, "min_crossing_m": min_crossing_m, "max_vertices": max_vertices}
        return cls.of(features, _named_crs(document), None, **options)

    @classmethod
    def of(
        cls,
        features: Sequence[Feature],
        crs: Any = None,
        source: str | None = None,
        *,
        buffer_m: float = 0.0,
        min_crossing_m: float = 0.0,
        max_vertices: int = MAX_VERTICES,
    ) -> Hazard:
        """From shapes.

        Args:
            features: polygons; points and lines only with a buffer. crs: what pyproj takes, None for WGS 84.
            source: where they come from. buffer_m, min_crossing_m: metres. max_vertices: refused above.

        Raises:
            InvalidParameter: no area, the wrong CRS, a bad distance. LimitExceeded: too many vertices.
        """
        for name, metres in (("buffer", buffer_m), ("minimum crossing", min_crossing_m)):
            if not 0 <= metres <= MAX_BUFFER_M:  # also refuses NaN
                raise InvalidParameter(f"the {name} is {metres} m", fix=f"Give 0 to {MAX_BUFFER_M:,.0f} m.")
        shapes = shapely.force_2d(np.array([f.shape for f in features], dtype=object))
        vertices = int(shapely.get_num_coordinates(shapes).sum()) if len(shapes) else 0
        if vertices > max_vertices:
            raise LimitExceeded(
                f"the hazard has {vertices:,} vertices; at most {max_vertices:,} are taken", fix="Simplify it first."
            )
        notes: list[str] = []
        shapes = _in_degrees(shapes, crs, notes)
        shapes = _areas(shapes, buffer_m, notes)
        digest = hashlib.sha256(b"".join(shapely.to_wkb(shapes, byte_order=1))).hexdigest()[:16]
        area = globe.wrapped(globe.buffered(shapely.union_all(shapes), buffer_m))
        shapely.prepare(area)
        names = [f.name for f in features if f.name]
        about = {
            "source": source,
            "features": len(features),
            "names": names[:NAMED],
            "digest": digest,
            "buffer_m": buffer_m,
            "min_crossing_m": min_crossing_m,
        }
        return cls(area, min_crossing_m, about, notes)

    def hits(self, places: Places) -> Longs:
        """Rows of the assets that it hits, sorted: points and polygons that touch it, lines that cross it.

        A region (an area that nothing depends on) is hit only when all of it lies inside.
        """
        rows = places.touching(self.area)
        regions = rows[places.regions[rows]]
        if len(regions):
            partly = regions[~shapely.covered_by(places.shapes[regions], self.area)]
            rows = np.setdiff1d(rows, partly, assume_unique=True)
        lines = rows[places.lines[rows]] if self.min_crossing_m > 0 else rows[:0]
        if not len(lines):
            return rows
        cut = lines[~shapely.covered_by(places.shapes[lines], self.area)]
        short = cut[globe.crossed_m(places.shapes[cut], self.area) < self.min_crossing_m]
        return np.setdiff1d(rows, short, assume_unique=True)


def _in_degrees(shapes: Any, crs: Any, notes: list[str]) -> Any:
    """The shapes in WGS 84 degrees, edges that jump over the 180th meridian carried on beyond it."""
    if crs is not None:
        shapes = _transformed(shapes, crs)
    bounds = shapely.total_bounds(shapes) if len(shapes) else np.zeros(4)
    if np.isnan(bounds).all():
        return shapes
    west, south, east, north = bounds
    if not (np.isfinite(bounds).all() and west >= -360 and east <= 360 and south >= -90 and north <= 90):
        swapped = (
            " Are latitude and longitude exchanged?" if max(-west, east) <= 90 and max(-south, north) <= 180 else ""
        )
        raise InvalidParameter(
            f"the polygon is in the wrong CRS: x from {west:,.6g} to {east:,.6g}, y from {south:,.6g} to {north:,.6g} "
            f"are no longitudes and latitudes.{swapped}",
            fix="Give degrees (WGS 84, longitude first), or a file that names its CRS.",
        )
    if any(globe.crosses(shape) for shape in shapes):
        if crs is None:
            notes.append(
                "A polygon with edges over more than 180 degrees of longitude is read as crossing the 180th meridian."
            )
        shapes = np.array([globe.unwrapped(shape) for shape in shapes], dtype=object)
    return shapes


def _transformed(shapes: Any, crs: Any) -> Any:
    try:
        known = CRS.from_user_input(crs)
        to = Transformer.from_crs(known, "EPSG:4326", always_xy=True)
    except ProjError as error:
        raise InvalidParameter(
            f"the hazard's CRS {str(crs)[:60]!r} is not known", fix="Name it like EPSG:25832."
        ) from error
    if known.is_projected:
        metre = known.axis_info[0].unit_conversion_factor if known.axis_info else 1.0
        finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
        shapes = shapes.copy()
        shapes[finite] = shapely.segmentize(shapes[finite], EDGE_M / (metre or 1.0))
    return shapely.transform(shapes, lambda xy: np.column_stack(to.transform(xy[:, 0], xy[:, 1])))


def _areas(shapes: Any, buffer_m: float, notes: list[str]) -> Any:
    """Valid shapes; without a buffer only their areas."""
    bad = ~shapely.is_valid(shapes)
    if bad.any():
        shapes = shapes.copy()
        shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=True)
        notes.append(
            f"{int(bad.sum())} polygon(s) of the hazard cross themselves; they were repaired to the area they enclose."
        )
    parts = shapely.get_parts(shapely.get_parts(shapes))
    parts = parts[~shapely.is_empty(parts)]
    if buffer_m <= 0:
        areal = np.isin(shapely.get_type_id(parts), globe.AREAL)
        if areal.any() and not areal.all():
            notes.append(
                f"{int((~areal).sum())} point(s) or line(s) of the hazard have no area and are left out; "
                "a buffer (--buffer, buffer_m) takes them in."
            )
        elif len(parts) and not areal.any():
            raise InvalidParameter(
                "the hazard has points or lines only: no area",
                fix="Widen it: --buffer 500m, or buffer_m over HTTP and in Python.",
            )
        parts = parts[areal]
    if not len(parts):
        raise InvalidParameter("the hazard has no polygon", fix="Give at least one polygon.")
    return parts


def _members(document: Any) -> list[tuple[Any, str | None]]:
    """Geometries of a GeoJSON document with their names."""
    kind = document.get("type") if isinstance(document, Mapping) else None
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            raise InvalidParameter("the hazard is no GeoJSON: a FeatureCollection needs `features`", fix=GEOJSON)
        return [member for feature in features for member in _members(feature)]
    if kind == "Feature":
        geometry = document.get("geometry")
        return [(geometry, _name(document))] if geometry is not None else []
    if kind is None:
        raise InvalidParameter("the hazard is no GeoJSON: it has no `type`", fix=GEOJSON)
    return [(document, None)]


def _name(feature: Mapping[str, Any]) -> str | None:
    properties = feature.get("properties")
    fields = {str(k).lower(): v for k, v in properties.items()} if isinstance(properties, Mapping) else {}
    found = next((fields[n] for n in NAMES if isinstance(fields.get(n), str | int)), feature.get("id"))
    return str(found)[:200] if isinstance(found, str | int) else None


def _geometry(geometry: Any) -> Any:
    if not isinstance(geometry, Mapping):
        raise InvalidParameter("the hazard is no GeoJSON: a geometry is an object", fix=GEOJSON)
    try:
        return shapely.from_geojson(orjson.dumps(geometry))
    except (shapely.errors.GEOSException, TypeError) as error:
        said = fault(geometry) or "its coordinates cannot be read"
        raise InvalidParameter(f"the hazard is no GeoJSON geometry: {said}", fix=GEOJSON) from error


def _named_crs(document: Any) -> str | None:
    """The CRS that an older GeoJSON document names, None for the standard's."""
    crs = document.get("crs") if isinstance(document, Mapping) else None
    if crs is None:
        return None
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    if not isinstance(name, str):
        raise InvalidParameter("the hazard's `crs` has no name", fix="Leave it out, and give WGS 84 degrees.")
    return None if name.upper().endswith(("CRS84", "EPSG::4326", "EPSG:4326")) else name
