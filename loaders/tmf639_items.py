"""Resources, services and places of TM Forum exports, v4 and v5, whatever they are wrapped in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import shapely

from loaders.fields import text_of
from loaders.jsonfiles import RawFile, input_files, parse_json, raw_files
from loaders.places import PlaceProblem, check_shapes, parse_point
from loaders.tmf639_words import norm
from twin.errors import SourceUnreadable
from twin.model import Origin, Reject

SUFFIXES = (".json", ".jsonl", ".ndjson")
LINES = (".jsonl", ".ndjson")
FIX_FORMAT = "Give what GET /resource or GET /service answers: a JSON list, one object, or one object a line."
#: Members that hold lists of items in the wrappers that tools write.
WRAPPERS = ("resource", "resources", "service", "services", "items", "data", "value", "results", "geographicSite")
#: Members that may hold whole resources or services (v5: RefOrValue) instead of references.
NESTED = ("supportingResource", "supportingService")
VALUE_ONLY = {"resourceSpecification", "resourceRelationship", "resourceCharacteristic", "resourceStatus"} | {
    "serviceSpecification",
    "serviceRelationship",
    "serviceCharacteristic",
    "operationalState",
    "lifecycleState",
    "state",
}


@dataclass
class Item:
    """One resource, service or place: ``sort`` is which, ``id`` its native id with the sort before it."""

    sort: str
    id: str
    body: dict[str, Any]
    origin: Origin

    def reject(self, column: str | None, code: str, message: str, fix: str) -> Reject:
        """A reject about this item."""
        return Reject(self.origin._replace(column=column), code, message, fix)

    def objects(self, member: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """The objects at *member*, one or a list, each with its column; None where it is none."""
        value = self.body.get(member)
        many = value if isinstance(value, list) else [] if value is None else [value]
        for number, one in enumerate(many):
            column = f"{member}/{number}" if isinstance(value, list) else member
            yield column, one if isinstance(one, dict) else None


class Place(NamedTuple):
    """What an item says of a place: id (empty: none), type word, name, geometry as WKB."""

    id: str
    type: str
    name: str
    geometry: bytes | None


def export_files(path: Path) -> list[Path]:
    """The files whose content decides what is read."""
    return input_files(path, SUFFIXES)


def read_items(path: Path) -> tuple[dict[str, Item], list[Reject]]:
    """Every item of an export by its id.

    Raises:
        SourceUnreadable: the path is missing or damaged, or holds no resource and no service.
    """
    items: dict[str, Item] = {}
    rejects: list[Reject] = []
    for raw in raw_files(path, SUFFIXES):
        for origin, body in _bodies(raw, rejects):
            _take(items, rejects, origin, body)
    if not items and not rejects:
        raise SourceUnreadable(f"{path} holds no resource and no service of TM Forum", fix=FIX_FORMAT)
    return items, rejects


def _bodies(raw: RawFile, rejects: list[Reject]) -> Iterator[tuple[Origin, Any]]:
    if raw.name.lower().endswith(LINES):
        for number, line in enumerate(raw.data.split(b"\n"), start=1):
            if line.strip():
                body = parse_json(raw.name, line)
                yield Origin(raw.name, number), body
        return
    document = parse_json(raw.name, raw.data)
    if isinstance(document, Reject):
        if document.code == "bad_row":
            raise SourceUnreadable(document.message)
        rejects.append(document)
        return
    if isinstance(document, dict) and "id" not in document:
        for member in WRAPPERS:
            for number, body in enumerate(_listed(document.get(member)), start=1):
                yield Origin(f"{raw.name}/{member}", number), body
        if not any(isinstance(document.get(member), list) for member in WRAPPERS):
            raise SourceUnreadable(f"{raw.name} holds no resource and no service of TM Forum", fix=FIX_FORMAT)
        return
    if not isinstance(document, list | dict):
        raise SourceUnreadable(f"{raw.name} holds no resource and no service of TM Forum", fix=FIX_FORMAT)
    for number, body in enumerate(document if isinstance(document, list) else [document], start=1):
        yield Origin(raw.name, number), body


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _take(items: dict[str, Item], rejects: list[Reject], origin: Origin, body: Any) -> None:
    stack: list[tuple[Origin, Any, str]] = [(origin, body, "")]
    while stack:
        where, one, known = stack.pop()
        if isinstance(one, Reject):
            rejects.append(one)
            continue
        if not isinstance(one, dict):
            rejects.append(Reject(where, "bad_row", "an item is an object", "Mend the entry, or leave it out."))
            continue
        sort, native = known or sort_of(one), text_of(one.get("id"))
        if not native:
            rejects.append(
                Reject(where._replace(column="id"), "missing_value", f"the {sort} has no id", "Give it one.")
            )
            continue
        item = Item(sort, f"{sort}/{native}", one, where)
        if item.id in items:
            if one != items[item.id].body:
                message = f"the {sort} {native[:200]!r} is there twice, and they differ"
                rejects.append(item.reject("id", "duplicate_id", message, "Leave one out."))
            continue
        items[item.id] = item
        for member in NESTED:
            for column, inner in item.objects(member):
                if inner is not None and VALUE_ONLY & inner.keys():
                    inside = "service" if member == "supportingService" else "resource"
                    stack.append((where._replace(column=column), inner, inside))


def sort_of(body: dict[str, Any]) -> str:
    """Whether an object is a ``resource``, a ``service`` or a ``place``."""
    words = {norm(text_of(body.get(member))) for member in ("@type", "@baseType")}
    if any(word.startswith("geographic") for word in words):
        return "place"
    href = text_of(body.get("href")).lower()
    signs = {"serviceSpecification", "serviceRelationship", "serviceCharacteristic", "supportingService", "serviceType"}
    is_service = any(word.endswith("service") for word in words) or signs & body.keys() or "/serviceinventory/" in href
    is_resource = any(member.startswith("resource") for member in body) or "/resourceinventory/" in href
    return "service" if is_service and not is_resource else "resource"


def places_of(item: Item) -> Iterator[Place | Reject]:
    """What an item says of where it is."""
    for column, outer in item.objects("place"):
        if outer is None:
            yield item.reject(column, "wrong_type", "a place is an object", "Mend the place.")
            continue
        inner = outer.get("place")
        one = inner if isinstance(inner, dict) else outer
        try:
            geometry = geometry_of(one)
        except PlaceProblem as problem:
            yield item.reject(column, problem.code, str(problem), problem.fix)
            continue
        word = norm(text_of(one.get("@referredType")) or text_of(one.get("@type")) or text_of(outer.get("@type")))
        yield Place(text_of(one.get("id")), word, text_of(one.get("name")), geometry)


def geometry_of(body: dict[str, Any]) -> bytes | None:
    """GeoJSON (TMF675 v5 ``geoJson``, or ``geometry``), or a v4 point with x and y, as WKB.

    Raises:
        PlaceProblem: it cannot be read, or lies outside the world.
    """
    for member in ("geoJson", "geometry", "geographicLocation"):
        value = body.get(member)
        if isinstance(value, list) and value and isinstance(value[0], dict):  # v4: a list of points
            value = value[0]
        if not isinstance(value, dict):
            continue
        if member == "geographicLocation":
            return geometry_of({k: v for k, v in value.items() if k != member})
        if "x" in value and "y" in value:
            return parse_point(value["x"], value["y"], ("geometry/x", "geometry/y"))
        try:
            shape = shapely.from_geojson(json.dumps(value), on_invalid="ignore")
        except (RecursionError, shapely.errors.ShapelyError):
            shape = None
        if shape is None:
            raise PlaceProblem("bad_geometry", member, f"{member} is no GeoJSON geometry", "Mend it, or leave it out.")
        taken = check_shapes(shapely.force_2d([shape]))
        if taken.problems:
            raise taken.problems[0]
        return taken.wkb[0]
    return None
