"""Loader ``tmf639``: TM Forum resource inventory (TMF639) and service inventory (TMF638) (docs/loaders/tmf639.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from loaders.fields import convert, text_of
from loaders.places import PlaceProblem
from loaders.tmf639_items import Item, Place, export_files, geometry_of, places_of, read_items
from loaders.tmf639_links import Linker, relationships
from loaders.tmf639_words import BASE, KINDS, RELATIONS, ROLES, STATES, by_word, norm
from twin.errors import LoaderOptionError
from twin.model import AssetRecord, LinkRecord, Origin, Reject
from twin.schema import Schema, suggest
from twin.schema.values import ValueProblem

Record = AssetRecord | LinkRecord | Reject
IGNORE = "ignore"
#: Characteristics that may name the type of a resource.
TYPE_NAMES = ("resourcetype", "equipmenttype", "type")


class Characteristic(BaseModel):
    """Which property a characteristic is."""

    model_config = ConfigDict(extra="forbid")

    property: str = Field(description="Our property.")
    unit: str | None = Field(default=None, description="Unit of the value, converted to the property's own.")
    values: dict[str, Any] | None = Field(default=None, description="Their word -> our value.")


@dataclass
class _How:
    """How a value is turned into ours (see :class:`loaders.fields.Mapped`)."""

    unit: str | None
    values: dict[str, Any] | None
    several: Any = None


class Tmf639Options(BaseModel):
    """Options of the loader ``tmf639``."""

    model_config = ConfigDict(extra="forbid")

    kinds: dict[str, str] = Field(
        default_factory=dict,
        description="Name of a specification, type or category -> kind, or `ignore`. Adds to the table of the loader.",
    )
    relationships: dict[str, str] = Field(
        default_factory=dict,
        description="relationshipType -> what the first is: a role, a link type (with - the other way), or `ignore`.",
    )
    characteristics: dict[str, Characteristic] = Field(
        default_factory=dict, description="Name of a characteristic -> property, with unit and words."
    )
    services: str = Field(default="network_service", description="Kind of services that `kinds` does not name.")
    places: Literal["contain", "within", "none"] = Field(
        default="contain", description="Whether a site contains the physical resources at it, or is information only."
    )


class Tmf639Loader:
    """Reads answers of the two APIs, v4 and v5."""

    name: ClassVar[str] = "tmf639"
    title: ClassVar[str] = "TM Forum TMF639 resource and TMF638 service inventory: JSON, v4 and v5"
    Options: ClassVar[type[BaseModel]] = Tmf639Options

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """Assets of resources, services and places, what relationships imply, then links.

        Raises:
            SourceUnreadable: the path is missing, damaged, or holds nothing of TM Forum.
            LoaderOptionError: an option names a kind, property, role or link type that does not exist.
        """
        options = Tmf639Options.model_validate(options)
        _check(options, schema)
        items, rejects = read_items(path)
        yield from rejects
        reader = _Inventory(items, options, schema)
        yield from reader.assets()
        yield from reader.links()

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """Every JSON and JSON Lines file, and every zip."""
        return export_files(path)


def _check(options: Tmf639Options, schema: Schema) -> None:
    for word, kind in [*options.kinds.items(), ("services", options.services)]:
        if kind != IGNORE and kind not in schema.kinds:
            message = f"kinds.{word}: there is no kind {kind!r}.{suggest(kind, list(schema.kinds))}"
            raise LoaderOptionError(message, fix="See docs/schema.md for the kinds.")
    for word, role in options.relationships.items():
        if role not in (IGNORE, *ROLES) and role.removeprefix("-") not in schema.link_types:
            message = f"relationships.{word}: {role!r} is neither a role nor a link type"
            raise LoaderOptionError(message, fix=f"Roles are {', '.join(ROLES)}; -POWERS is POWERS the other way.")
    for word, one in options.characteristics.items():
        if one.property not in schema.properties:
            message = f"characteristics.{word}: there is no property {one.property!r}"
            raise LoaderOptionError(message, fix=f"See docs/schema.md.{suggest(one.property, list(schema.properties))}")


class _Inventory:
    """Turns items into records."""

    def __init__(self, items: dict[str, Item], options: Tmf639Options, schema: Schema) -> None:
        self.items, self.options, self.schema = items, options, schema
        self.by_kind = by_word(KINDS, options.kinds)
        self.by_relation = by_word(RELATIONS, options.relationships)
        self.characteristics = {norm(name): how for name, how in options.characteristics.items()}
        self.kinds: dict[str, str] = {}  # id of an item that is an asset -> kind
        self.names: dict[str, str] = {}
        self.ignored: set[str] = set()
        self.places: dict[str, AssetRecord] = {}
        self.stands: list[tuple[str, str, str, Origin]] = []  # place, link type, what is there

    def assets(self) -> Iterator[AssetRecord | Reject]:
        """An asset for each item and for each place that items name, or why there is none."""
        words = {native: self._words(item) for native, item in self.items.items()}
        unknown = Counter(found[0] for found in words.values() if found and self._kind(found) is None)
        for native, item in self.items.items():
            kind = "site" if item.sort == "place" else self._kind(words[native])
            if kind == IGNORE:
                self.ignored.add(native)
                continue
            if kind is None and item.sort == "service":
                kind = self.options.services
            if kind is None:
                yield self._unknown(item, words[native], unknown)
                continue
            yield from self._asset(item, kind)
        yield from self.places.values()

    def _words(self, item: Item) -> list[str]:
        specification = item.body.get(f"{item.sort}Specification")
        words = [text_of(specification.get("name"))] if isinstance(specification, dict) else []
        words.append(text_of(item.body.get("@type")))
        words += [text_of(item.body.get(member)) for member in ("resourceType", "serviceType", "category")]
        values = {norm(name): value for _, name, value in self._values(item)}
        words += [text_of(values[name]) for name in TYPE_NAMES if isinstance(values.get(name), str)]
        words.append(text_of(item.body.get("@baseType")))
        telling = [word for word in words if word and norm(word) not in BASE]
        return telling + [word for word in words if word and norm(word) in BASE]

    def _kind(self, words: list[str]) -> str | None:
        return next((self.by_kind[norm(word)] for word in words if norm(word) in self.by_kind), None)

    def _unknown(self, item: Item, words: list[str], unknown: Counter[str]) -> Reject:
        if not words:
            fix = "Give it a @type, a category or a specification."
            return item.reject("@type", "missing_value", "nothing says what the resource is", fix)
        word = words[0][:80]
        message = f"no kind is known for {word!r}, the type of {unknown[words[0]]} item(s)"
        fix = f'Set kinds = {{ "{word}" = "router" }} or another kind, or "ignore".'
        return item.reject("@type", "unknown_kind", message, fix)

    def _asset(self, item: Item, kind: str) -> Iterator[AssetRecord | Reject]:
        rejects: list[Reject] = []
        properties = self._properties(item, kind, rejects)
        status = self._status(item, rejects)
        if status:
            properties["status"] = status
        geometry, places = self._geometry(item, rejects)
        name = text_of(item.body.get("name")) or None
        if rejects:
            yield from rejects
            return
        self.kinds[item.id], self.names[item.id] = kind, name or item.id
        for place in places:
            self._stand(item, kind, place)
        yield AssetRecord(item.id, kind, name, properties, geometry, item.origin)

    def _geometry(self, item: Item, rejects: list[Reject]) -> tuple[bytes | None, list[Place]]:
        found: list[Place] = []
        for one in places_of(item):
            if isinstance(one, Reject):
                rejects.append(one)
            else:
                found.append(one)
        own = None
        if item.sort == "place":
            try:
                own = geometry_of(item.body)
            except PlaceProblem as problem:
                rejects.append(item.reject(problem.column, problem.code, str(problem), problem.fix))
        return next((p.geometry for p in found if p.geometry is not None), own), found

    def _stand(self, item: Item, kind: str, place: Place) -> None:
        """That an asset is at a place: a site is an asset; an address or location only says where."""
        native = f"place/{place.id}"
        known = native in self.items
        if not place.id or self.options.places == "none" or not (known or place.type.startswith("geographicsite")):
            return
        if not known:
            origin = item.origin._replace(column="place")
            self.places.setdefault(native, AssetRecord(native, "site", place.name or None, {}, place.geometry, origin))
            self.kinds[native], self.names[native] = "site", place.name or native
        physical = self.schema.kinds[kind].layer == "physical"
        type_ = "CONTAINS" if physical and self.options.places == "contain" else "WITHIN"
        self.stands.append((native, type_, item.id, item.origin))

    def _status(self, item: Item, rejects: list[Reject]) -> str | None:
        found: list[str] = []
        availability = item.body.get("availabilityStatus")
        because = [norm(text_of(one)) for one in (availability if isinstance(availability, list) else [availability])]
        for member, states in STATES.items():
            value = item.body.get(member)
            if value is None or (member == "state" and item.sort != "service"):
                continue
            word = norm(value) if isinstance(value, str) else ""
            if word not in states:
                message = f"{member} {text_of(value)[:60]!r} is not known"
                rejects.append(item.reject(member, "wrong_type", message, f"Known are {', '.join(states)}."))
                continue
            status = states[word]
            if member == "operationalState" and "dependency" in because and "failed" not in because:
                status = None  # something else is down, which the twin sees by itself
            if status:
                found.append(status)
        return "planned" if "planned" in found else next(iter(found), None)

    def _values(self, item: Item) -> Iterator[tuple[str, str, Any]]:
        member = f"{item.sort}Characteristic"
        for column, one in item.objects(member):
            if one is not None:
                yield column, text_of(one.get("name")), one.get("value")

    def _properties(self, item: Item, kind: str, rejects: list[Reject]) -> dict[str, Any]:
        known = self.schema.kind_properties(kind)
        plain = {norm(name): name for name in known if name != "status"} | {"serialnumber": "ref"}
        made: dict[str, Any] = {}
        serial = text_of(item.body.get("serialNumber"))
        if serial and "ref" in known:
            made["ref"] = serial
        for column, name, value in self._values(item):
            how = self.characteristics.get(norm(name))
            if isinstance(value, dict) and "value" in value:  # v4: any value may be wrapped in an object
                value = value["value"]
            target = how.property if how is not None else plain.get(norm(name))
            if target not in known or (how is None and isinstance(value, dict | list)):
                continue
            try:
                mapped = None if how is None else _How(how.unit, how.values)
                taken = convert(self.schema, known[target], value, mapped)
            except ValueProblem as problem:
                rejects.append(item.reject(f"{column}/value", problem.code, str(problem), problem.fix))
                continue
            if taken is not None:
                made[target] = taken
        return made

    def links(self) -> Iterator[Record]:
        """Links of places and relationships, with the assets that they imply before them."""
        linker = Linker(self.kinds, self.names, self.schema)
        for place, type_, inside, origin in self.stands:
            linker.place(place, type_, inside, origin)
        rejects: list[Reject] = []
        for item in self.items.values():
            if item.id in self.kinds:
                self._relate(item, linker, rejects)
        yield from rejects
        links = list(linker.finish())
        yield from linker.made.values()
        yield from linker.rejects
        yield from links

    def _relate(self, item: Item, linker: Linker, rejects: list[Reject]) -> None:
        for word, sort, column, target in relationships(item):
            role = self.by_relation.get(norm(word))
            if role == IGNORE:
                continue
            if role is None:
                what = f"relationship type {word[:60]!r} is not known" if word else "the relationship has no type"
                fix = f'Set relationships = {{ "{word[:60]}" = "depends" }} or another role, a link type, or "ignore".'
                rejects.append(item.reject(f"{column}/relationshipType", "unknown_link_type", what, fix))
                continue
            native = text_of(target.get("id")) if isinstance(target, dict) else ""
            other = f"{sort}/{native}"
            if not native:
                message = f"the relationship {word[:60]!r} names nothing"
                rejects.append(item.reject(column, "missing_value", message, "Give the id of the other."))
            elif other in self.ignored or other == item.id:
                continue
            elif other not in self.kinds:
                what = "could not be taken" if other in self.items else "is not in the export"
                message = f"{other[:200]} {what}"
                reject = item.reject(column, "missing_end", message, "Export it too, or correct the reference.")
                rejects.append(replace(reject, link=_lost(role, item.id, other)))
            else:
                linker.take(role, item.id, other, item, column)


def _lost(role: str, one: str, other: str) -> tuple[str, str, str] | None:
    """The link that a relationship to a missing item stands for; `dependsOn` may be of any service."""
    types = {"contains": "CONTAINS", "contained": "-CONTAINS", "depends": "-dependsOn", "supports": "dependsOn"}
    type_ = types.get(role, role)
    if type_ in ROLES:
        return None
    return (type_[1:], other, one) if type_.startswith("-") else (type_, one, other)
