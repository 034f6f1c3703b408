"""Reading the schema from TOML: the built-in files plus the user's own.

A user file has the same tables as the built-in ones (``domains``, ``services``, ``units``, ``properties``,
``link_properties``, ``kinds``, ``link_types``); it may add entries and may add ``properties`` or ``ends`` to
built-in ones through ``[extend.kinds.NAME]`` and ``[extend.link_types.NAME]``, but not redefine anything.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from twin.errors import SchemaError
from twin.schema.model import (
    ANY_KIND,
    NEED_ALL,
    NEED_ANY,
    Domain,
    Kind,
    LinkType,
    Property,
    Schema,
    SchemaText,
    Service,
    Unit,
    suggest,
)
from twin.schema.shape import check_shape

BUILT_IN = ("core.toml", "energy.toml", "connectivity.toml", "compute.toml", "place.toml", "links.toml")
TABLES = ("domains", "services", "units", "properties", "link_properties", "kinds", "link_types")
PROPERTY_TYPES = ("string", "number", "integer", "boolean", "enum")
GEOMETRIES = ("point", "line", "polygon", "any", "none")
EFFECTS = ("outage", "degrade", "none")
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
TYPE_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,62}\Z")
LABEL = re.compile(r"[A-Z][A-Za-z0-9]{0,62}\Z")
LABELS_OF_OURS = ("Asset", "TwinState", "ImportRun", "BeforeImage", "Finding", "Source")
RESERVED = {
    "id", "kind", "domain", "name", "lon", "lat", "wkt", "geometry", "location",
    "source", "native_id", "run", "hash", "ord", "from", "to", "type", "group", "need", "key",
    "rule", "distance_m", "confidence", "origin_at", "said", "enriched", "from_as", "to_as",
}  # fmt: skip
#: Beginning of the names that before-images add to the properties they keep.
IMAGE = "image_"


@lru_cache(maxsize=1)
def default_schema() -> Schema:
    """The built-in schema."""
    return load_schema()


def load_schema(extra: Sequence[Path | SchemaText] = ()) -> Schema:
    """The built-in schema extended by the user's TOML files.

    Args:
        extra: the user's schema files, applied in order; the same text twice counts once.

    Raises:
        SchemaError: a file cannot be read, redefines something or contradicts another.
    """
    tables: dict[str, dict[str, Any]] = {name: {} for name in TABLES}
    folder = resources.files("twin.schema")
    for name in BUILT_IN:
        _merge(tables, tomllib.loads((folder / name).read_text(encoding="utf-8")), name)
    texts = {found.text: found for found in reversed([_read(item) for item in extra])}
    extras = tuple(reversed(texts.values()))
    for where, text in extras:
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SchemaError(f"{where}: cannot be read as TOML: {error}") from error
        _merge(tables, document, where)
    return _build(tables, extras)


def supersede(older: Sequence[SchemaText], newer: Sequence[SchemaText]) -> list[SchemaText]:
    """Both, without the older files of which *newer* has another version.

    A version is told by the file's name, or by an entry that both define.
    """
    defined = {entry for extra in newer for entry in _defines(extra)}
    names = {Path(extra.name).name for extra in newer}
    kept = [e for e in older if Path(e.name).name not in names and not defined & _defines(e)]
    return [*kept, *newer]


def _defines(extra: SchemaText) -> set[tuple[str, str]]:
    """(table, name) of everything that a file defines; nothing when it is not TOML."""
    try:
        document = tomllib.loads(extra.text)
    except tomllib.TOMLDecodeError:
        return set()
    return {(t, n) for t, entries in document.items() if t in TABLES and isinstance(entries, dict) for n in entries}


def _read(item: Path | SchemaText) -> SchemaText:
    if isinstance(item, SchemaText):
        return item
    try:
        return SchemaText(str(item), Path(item).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(f"{item}: cannot be read as TOML: {error}") from error


def _merge(tables: dict[str, dict[str, Any]], document: dict[str, Any], where: str) -> None:
    for table in document:
        if table != "extend" and table not in tables:
            raise SchemaError(f"{where}: unknown table [{table}].{suggest(table, list(TABLES))}")
    check_shape(document, where)
    for table, entries in document.items():
        if table == "extend":
            _extend(tables, entries, where)
            continue
        for name, entry in entries.items():
            if name in tables[table]:
                raise SchemaError(f"{where}: [{table}.{name}] is defined twice", fix="Use another name, or [extend].")
            tables[table][name] = entry


def _extend(tables: dict[str, dict[str, Any]], entries: dict[str, Any], where: str) -> None:
    for table, changes in entries.items():
        for name, change in changes.items():
            if name not in tables[table]:
                raise SchemaError(f"{where}: [extend.{table}.{name}] extends nothing that exists")
            for key, values in change.items():
                old = tables[table][name]
                tables[table][name] = {**old, key: [*old.get(key, []), *values]}


def _build(tables: dict[str, dict[str, Any]], extras: tuple[SchemaText, ...]) -> Schema:
    services = {n: Service(name=n, **e) for n, e in tables["services"].items()}
    units = {n: Unit(name=n, **e) for n, e in tables["units"].items()}
    domains = {n: Domain(name=n, **e) for n, e in tables["domains"].items()}
    kinds = {n: _kind(n, e) for n, e in tables["kinds"].items()}
    types = {n: _link_type(n, e, kinds) for n, e in tables["link_types"].items()}
    properties = {n: _property("properties", n, e, units) for n, e in tables["properties"].items()}
    for service in services:
        name = f"ride_through_{service}_s"
        if name in properties:
            raise SchemaError(f"[properties.{name}]: every service has this property already")
        properties[name] = Property(
            name=name,
            type="number",
            unit="s",
            minimum=0.0,
            common=True,
            description=f"How long the asset keeps working after it lost a {service} gate (its buffer). "
            "Absent means no buffer.",
        )
    schema = Schema(
        domains=domains,
        services=services,
        units=units,
        properties=properties,
        link_properties={n: _property("link_properties", n, e, units) for n, e in tables["link_properties"].items()},
        kinds=kinds,
        link_types=types,
        digest=hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()[:16],
        extras=extras,
    )
    _check(schema)
    return schema


def _property(table: str, name: str, entry: dict[str, Any], units: dict[str, Unit]) -> Property:
    made = Property(name=name, **{**entry, "values": tuple(entry.get("values", ()))})
    if not NAME.match(name) or name in RESERVED or name.startswith(IMAGE):
        raise SchemaError(f"[{table}.{name}]: not a usable property name (lower case, not reserved)")
    if made.type not in PROPERTY_TYPES:
        raise SchemaError(f"[{table}.{name}]: unknown type {made.type!r}; one of {', '.join(PROPERTY_TYPES)}")
    if made.unit is not None and made.unit not in units:
        raise SchemaError(f"[{table}.{name}]: unknown unit {made.unit!r}.{suggest(made.unit, units)}")
    if (made.type == "enum") != bool(made.values):
        raise SchemaError(f"[{table}.{name}]: `values` belongs to type enum, and enum needs it")
    return made


def _kind(name: str, entry: dict[str, Any]) -> Kind:
    label = entry.get("label") or "".join(part.capitalize() for part in name.split("_"))
    if not NAME.match(name) or not LABEL.match(label):
        raise SchemaError(f"[kinds.{name}]: not a usable name or label")
    lists = {key: tuple(dict.fromkeys(entry.get(key, ()))) for key in ("requires", "properties")}
    made = Kind(name=name, **{"counterpart": "", **entry, **lists, "label": label})
    if made.geometry not in GEOMETRIES:
        raise SchemaError(f"[kinds.{name}]: unknown geometry {made.geometry!r}; one of {', '.join(GEOMETRIES)}")
    if made.layer not in ("physical", "logical"):
        raise SchemaError(f"[kinds.{name}]: layer is physical or logical, not {made.layer!r}")
    return made


def _link_type(name: str, entry: dict[str, Any], kinds: dict[str, Kind]) -> LinkType:
    if not TYPE_NAME.match(name):
        raise SchemaError(f"[link_types.{name}]: not a usable name (upper case)")
    fields = {"service": None, "group": "", "mesh": False, "joined": False, **entry}
    fields["ends"] = frozenset(_ends(name, entry.get("ends", []), kinds))
    try:
        fields["need"] = parse_need(fields.get("need", "any"))
    except ValueError as error:
        raise SchemaError(f"[link_types.{name}]: {error}") from None
    made = LinkType(name=name, **fields)
    if made.effect not in EFFECTS:
        raise SchemaError(f"[link_types.{name}]: unknown effect {made.effect!r}; one of {', '.join(EFFECTS)}")
    if made.gated and not made.group:
        raise SchemaError(f"[link_types.{name}]: a type that makes gates needs a default `group`")
    if made.mesh and made.joined:
        raise SchemaError(f"[link_types.{name}]: a type cannot be both mesh and joined")
    return made


def _ends(name: str, patterns: list[str], kinds: dict[str, Kind]) -> Iterable[tuple[str, str]]:
    for pattern in patterns:
        sides = [[k.strip() for k in side.split("|")] for side in pattern.split("->")]
        if len(sides) != 2:
            raise SchemaError(f"[link_types.{name}]: an end is written 'from -> to', not {pattern!r}")
        for kind in (*sides[0], *sides[1]):
            if kind != ANY_KIND and kind not in kinds:
                raise SchemaError(f"[link_types.{name}]: unknown kind {kind!r}.{suggest(kind, kinds)}")
        yield from ((a, b) for a in sides[0] for b in sides[1])


def parse_need(text: str | int | float) -> int:
    """``any`` -> 1, ``all`` -> ``NEED_ALL``, a whole number >= 1 -> itself.

    Raises:
        ValueError: none of these.
    """
    if isinstance(text, str):
        word = text.strip().lower()
        if word == "any":
            return NEED_ANY
        if word == "all":
            return NEED_ALL
        try:
            value = float(word)
        except ValueError:
            raise ValueError(f"need is 'any', 'all' or a whole number from 1, not {text!r}") from None
    else:
        value = float(text)
    if not value.is_integer() or not 1 <= value <= 1_000_000:
        raise ValueError(f"need is 'any', 'all' or a whole number from 1, not {text!r}")
    return int(value)


def _check(schema: Schema) -> None:
    for kind in schema.kinds.values():
        where = f"[kinds.{kind.name}]"
        _known(where, "domain", [kind.domain], schema.domains)
        _known(where, "service", kind.requires, schema.services)
        _known(where, "property", kind.properties, schema.properties)
    for made in schema.link_types.values():
        _known(f"[link_types.{made.name}]", "service", [made.service] if made.service else [], schema.services)
        if made.joined and made.service and schema.services[made.service].grounded:
            raise SchemaError(f"[link_types.{made.name}]: a joined type cannot be of a grounded service")
    for domain in schema.domains.values():
        if not NAME.match(domain.name) or not LABEL.match(domain.label):
            raise SchemaError(f"[domains.{domain.name}]: not a usable name or label")
    for service in schema.services:
        if not NAME.match(service):
            raise SchemaError(f"[services.{service}]: not a usable name (lower case)")
    labels = [*LABELS_OF_OURS, *(d.label for d in schema.domains.values()), *(k.label for k in schema.kinds.values())]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise SchemaError(f"labels used twice: {', '.join(twice)}")


def _known(where: str, what: str, words: Iterable[str], known: Mapping[str, Any]) -> None:
    for word in words:
        if word not in known:
            raise SchemaError(f"{where}: unknown {what} {word!r}.{suggest(word, known)}")
