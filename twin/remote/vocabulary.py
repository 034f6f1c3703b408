"""The schema as the API tells it, as the objects that it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.schema import NEED_ALL, Domain, Kind, LinkType, Property, Schema, Service, Unit


def schema_of(document: Mapping[str, Any]) -> Schema:
    """The schema with this plain form (``GET /schema``); the users' files that extend it are part of it."""
    properties = _named(Property, document["properties"])
    common = {name for name, item in properties.items() if item.common}
    return Schema(
        domains=_named(Domain, document["domains"]),
        services=_named(Service, document["services"]),
        units=_named(Unit, document["units"]),
        properties=properties,
        link_properties=_named(Property, document["link_properties"]),
        kinds={kind["name"]: _kind(kind, common) for kind in document["kinds"]},
        link_types={link["name"]: _link_type(link) for link in document["link_types"]},
        digest=document["digest"],
    )


def _named(cls: type[Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    return {item["name"]: cls(**{name: _fixed(value) for name, value in item.items()}) for item in items}


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _kind(item: Mapping[str, Any], common: set[str]) -> Kind:
    own = tuple(name for name in item["properties"] if name not in common)
    return Kind(**{**item, "requires": tuple(item["requires"]), "properties": own})


def _link_type(item: Mapping[str, Any]) -> LinkType:
    ends = frozenset((end["from"], end["to"]) for end in item["ends"])
    need = NEED_ALL if item["need"] == "all" else item["need"]
    return LinkType(**{name: value for name, value in item.items() if name != "gated"} | {"ends": ends, "need": need})
