"""What a request for items asks: parameters to a selection of features."""

from __future__ import annotations

import bisect
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from api.ogc import crs as systems
from api.ogc.columns import Column
from api.ogc.cql import matches, read_filter, temporal
from api.ogc.cql.values import EVER, INSTANT, INTERVAL, NEVER, WRITTEN_DATE, Value, column, microseconds, moment
from api.ogc.layer import Layer
from twin.errors import InvalidFilter, InvalidParameter
from twin.schema import suggest

DEFAULT_LIMIT, MAX_LIMIT = 1000, 10_000
#: Parameters that are no properties.
RESERVED = (
    "limit", "cursor", "bbox", "bbox-crs", "crs", "datetime", "filter", "filter-lang", "filter-crs", "f", "resultType",
)  # fmt: skip
FORMATS = ("json", "geojson")
RESULT_TYPES = ("results", "hits")
#: What GDAL calls the language of its filters, which differs from CQL2 text in what stands for truth values and times.
LOOSE = "cql-text"


@dataclass(frozen=True, slots=True)
class Question:
    """The parameters of one request, read and checked; ``mask`` is None where all features are asked for."""

    layer: Layer
    limit: int
    cursor: str | None
    crs: str
    hits: bool
    mask: Any


class Scope:
    """A layer as filters see it, with the system that written geometries are in."""

    def __init__(self, layer: Layer, uri: str, loose: bool) -> None:
        self.uri = uri
        self.loose = loose
        self.size = layer.size
        self.kinds, self.values = layer.kinds, layer.values
        self.shapes, self.tree = layer.shapes, layer.tree

    def into_degrees(self, shape: Any) -> Any:
        """A written geometry in CRS84."""
        return systems.to_crs84(shape, self.uri, "filter")


def read(layer: Layer, given: Mapping[str, str], offered: Sequence[str], most: int = MAX_LIMIT) -> Question:
    """The question that parameters ask of a layer.

    Args:
        given: the query parameters. offered: URIs of the coordinate reference systems. most: largest page.

    Raises:
        InvalidParameter: a parameter is unknown or its value is not valid.
    """
    properties = {c.name: c for c in layer.about.columns if c.name not in RESERVED}
    for name in given:
        if name not in RESERVED and name not in properties:
            raise InvalidParameter(
                f"{name[:100]!r} is not a parameter here.{suggest(name, [*RESERVED, *properties])}",
                fix="Use a property of the collection, or one of: " + ", ".join(RESERVED) + ".",
            )
    among("f", given.get("f", "json"), FORMATS)
    uri = systems.known(given.get("crs", systems.CRS84), offered, "crs")
    return Question(
        layer=layer,
        limit=_limit(given.get("limit"), most),
        cursor=given.get("cursor"),
        crs=uri,
        hits=among("resultType", given.get("resultType", "results"), RESULT_TYPES) == "hits",
        mask=_mask(layer, given, offered, properties),
    )


def among(name: str, value: str, words: Sequence[str]) -> str:
    """*value*, which must be one of *words*. Raises InvalidParameter."""
    if value not in words:
        raise InvalidParameter(f"{name}: {value[:100]!r} is not known", fix=f"Use one of: {', '.join(words)}.")
    return value


def _limit(text: str | None, most: int) -> int:
    if text is None:
        return min(DEFAULT_LIMIT, most)
    if not text.isascii() or not text.isdecimal() or int(text[:20]) < 1:
        raise InvalidParameter(f"limit: {text[:40]!r} is not a whole number from 1", fix=f"Give 1 to {most}.")
    # More than there is in a page is not an error in OGC API - Features: the page is then as large as it may be.
    return min(int(text[:20]), most)


def _mask(layer: Layer, given: Mapping[str, str], offered: Sequence[str], properties: Mapping[str, Column]) -> Any:
    """(n,) features that all parameters select, None for all of them."""
    found: list[Any] = []
    for name, column_ in properties.items():
        if name in given:
            found.append(equal(layer, column_, given[name]))
    box_crs = systems.known(given.get("bbox-crs", systems.CRS84), offered, "bbox-crs")
    if "bbox" in given:
        found.append(_within(layer, systems.parse_box(given["bbox"], box_crs)))
    if "datetime" in given:
        found.append(during(layer, given["datetime"]))
    filter_crs = systems.known(given.get("filter-crs", systems.CRS84), offered, "filter-crs")
    if "filter" in given:
        language = given.get("filter-lang")
        scope = Scope(layer, filter_crs, loose=language == LOOSE)
        found.append(matches(read_filter(given["filter"], language), scope))
    elif "filter-lang" in given:
        read_filter("TRUE" if given["filter-lang"] != "cql2-json" else "true", given["filter-lang"])
    return np.logical_and.reduce(found) if found else None


def equal(layer: Layer, column_: Column, text: str) -> Any:
    """(n,) features whose property has the value that is written. Raises InvalidParameter: no such value."""
    values, name = layer.values(column_.name), column_.name
    wanted: Any = text
    if column_.type in ("number", "integer"):
        try:
            wanted = int(text) if text.lstrip("+-").isdecimal() else float(text)
        except ValueError:
            raise InvalidParameter(f"{name}: {text[:60]!r} is not a number") from None
        if isinstance(wanted, int) and not -(2**63) <= wanted < 2**63:
            return np.zeros(layer.size, bool)
        values = pc.cast(values, pa.float64(), safe=False) if isinstance(wanted, float) else values
    elif column_.type == "boolean":
        wanted = among(name, text.lower(), ("true", "false", "1", "0")) in ("true", "1")
    elif column_.type == "date-time":
        values, wanted = pc.cast(values, pa.int64()), _instant(text, name)
    elif column_.values:
        among(name, text, column_.values)
    mask: Any = pc.fill_null(pc.equal(values, pa.scalar(wanted)), False).to_numpy(zero_copy_only=False)
    return mask


def _instant(text: str, name: str) -> int:
    try:
        return microseconds(text)
    except (ValueError, OverflowError):
        raise InvalidParameter(
            f"{name}: {text[:60]!r} is not a time", fix="Write it like 2026-11-26T08:00:00Z."
        ) from None


def _within(layer: Layer, area: Any) -> Any:
    """(n,) features that touch an area, and those without a geometry (/req/core/fc-bbox-response)."""
    mask = np.asarray(shapely.is_missing(layer.shapes()), bool)
    parts = shapely.get_parts(area) if area.geom_type == "MultiPolygon" else [area]
    for part in parts:
        mask[layer.tree().query(part, predicate="intersects")] = True
    return mask


def during(layer: Layer, text: str) -> Any:
    """(n,) features whose time has an instant in common with ``datetime``, and those that have none
    (/req/core/fc-time-response).

    Raises:
        InvalidParameter: neither a date, an instant nor an interval of two (``..`` for an open end).
    """
    ends = text.split("/")
    try:
        if len(ends) == 1:
            asked = moment("date" if WRITTEN_DATE.match(text) else INSTANT, text)
        else:
            asked = temporal.interval([end or ".." for end in ends], _no_property)
    except InvalidFilter as error:
        raise InvalidParameter(
            f"datetime: {error.detail}", fix="Give a date, an instant, or two of them with a slash between."
        ) from None
    if layer.about.time is None:
        return np.ones(layer.size, bool)
    first, last = layer.about.time
    low = column(INSTANT, layer.values(first)).data[0]
    high = pa.scalar(NEVER, pa.int64()) if last is None else column(INSTANT, layer.values(last)).data[1]
    own = Value(INTERVAL, (pc.fill_null(low, EVER) if last is None else low, high), False)
    found = pc.or_kleene(temporal.related("t_intersects", own, asked), pc.is_null(low))
    mask: Any = pc.fill_null(found, True).to_numpy(zero_copy_only=False)
    return mask


def _no_property(item: Any) -> Value:
    raise InvalidFilter(f"{str(item)[:40]!r} is not a time", part="datetime")


def page(question: Question) -> tuple[Any, int, str | None]:
    """Rows of the page asked for, how many features match in all, and the cursor of the next page.

    Raises:
        InvalidParameter: the cursor is not one of this collection.
    """
    layer = question.layer
    rows = np.arange(layer.size) if question.mask is None else np.flatnonzero(question.mask)
    total = len(rows)
    if question.hits:
        return rows[:0], total, None
    if question.cursor is not None:
        rows = rows[np.searchsorted(rows, _after(layer, question.cursor)) :]
    found = rows[: question.limit]
    return found, total, cursor_of(layer, found[-1]) if len(rows) > question.limit else None


def cursor_of(layer: Layer, row: int) -> str:
    """A cursor that goes on behind this row; it still shows the place when features have come or gone."""
    key = layer.keys[row]
    return urlsafe_b64encode(orjson.dumps(key if isinstance(key, str) else int(key))).decode().rstrip("=")


def _after(layer: Layer, cursor: str) -> int:
    """First row behind the one that a cursor names."""
    try:
        key = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except ValueError:
        key = None
    wanted = str if layer.size and isinstance(layer.keys[0], str) else int
    if not isinstance(key, wanted) or isinstance(key, bool):
        raise InvalidParameter(
            "cursor: this is not a cursor of this collection", fix="Take it from the next link of the page before."
        )
    return bisect.bisect_right(layer.keys, key)
