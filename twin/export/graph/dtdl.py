"""DTDL v3: interfaces made from the schema, and the twins and relationships as Azure Digital Twins Explorer keeps them.

The document is ``{"digitalTwinsFileInfo", "digitalTwinsGraph": {"digitalTwins", "relationships"},
"digitalTwinsModels"}``; the models are Digital Twins Definition Language, version 3, with quantitative types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson

from twin.export.graph.network import Network
from twin.schema import Schema

ASSET = "dtmi:twin:Asset;1"
CONTEXT = ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"]
SCHEMAS = {"string": "string", "number": "double", "integer": "long", "boolean": "boolean"}
#: Unit of ours -> semantic type and unit of the quantitative types, where there is one.
UNITS = {
    "W": ("Power", "watt"),
    "kW": ("Power", "kilowatt"),
    "MW": ("Power", "megawatt"),
    "kWh": ("Energy", "kilowattHour"),
    "V": ("Voltage", "volt"),
    "kV": ("Voltage", "kilovolt"),
    "A": ("Current", "ampere"),
    "m": ("Length", "metre"),
    "km": ("Length", "kilometre"),
    "ms": ("TimeSpan", "millisecond"),
    "s": ("TimeSpan", "second"),
    "min": ("TimeSpan", "minute"),
    "h": ("TimeSpan", "hour"),
    "GB": ("DataSize", "gigabyte"),
    "Gbit/s": ("DataRate", "gigabitPerSecond"),
}
OPTIONS = orjson.OPT_SERIALIZE_NUMPY
#: Of links beside their own properties.
GATE = {
    "group": ("string", "Group of the gate that the link is in."),
    "need": ("string", "How many of the group must deliver: all, or a number."),
    "effect": ("string", "What losing the gate does: outage or degrade."),
    "directed": ("boolean", "False for links of a mesh, whose direction means nothing."),
}


def interfaces(schema: Schema) -> list[dict[str, Any]]:
    """One interface for all assets, with the links, and one for each kind, which extends it."""
    common = [p for p in schema.properties.values() if p.common]
    base = [
        _plain("asset_id", "string", "Id of the asset: source, colon and native id."),
        _plain("name", "string", "Display name."),
        _plain("kind", "string", "Kind of asset."),
        _plain("domain", "string", "Domain that owns the kind."),
        _plain("source", "string", "Export that the asset comes from."),
        _plain("run", "string", "Import run that wrote it."),
        _plain("lon", "double", "Longitude, WGS 84, degrees."),
        _plain("lat", "double", "Latitude, WGS 84, degrees."),
        _plain("wkt", "string", "Geometry as WKT, WGS 84."),
        *(_property(p) for p in common),
    ]
    measures = [_property(p) for p in schema.link_properties.values() if p.name not in GATE]
    links = [
        {
            "@type": "Relationship",
            "name": _name(kind.name.lower()),
            "displayName": kind.name,
            "description": _short(kind.description),
            "properties": [*(_plain(name, *said) for name, said in GATE.items()), *measures],
        }
        for kind in schema.link_types.values()
    ]
    found = [
        {
            "@context": CONTEXT,
            "@id": ASSET,
            "@type": "Interface",
            "displayName": "Asset",
            "description": "Anything with an identity that the twin knows.",
            "contents": [*base, *links],
        }
    ]
    for kind in schema.kinds.values():
        own = [schema.properties[name] for name in kind.properties if not schema.properties[name].common]
        found.append(
            {
                "@context": CONTEXT,
                "@id": model_of(kind.name),
                "@type": "Interface",
                "displayName": kind.label,
                "description": _short(kind.description),
                "comment": _short(f"{kind.domain}; {kind.counterpart}"),
                "extends": [ASSET],
                "contents": [_property(p) for p in own],
            }
        )
    return found


def model_of(kind: str) -> str:
    """Model id of a kind."""
    return f"dtmi:twin:{_name(kind)};1"


def twin_id(asset: str) -> str:
    """``$dtId`` of an asset: what the service takes no character of is percent-encoded, so that it can be undone."""
    return quote(asset, safe="-._*?!(),=@$'+#")


def dtdl(network: Network) -> Iterator[bytes]:
    """The whole document, some twins at a time."""
    yield b'{"digitalTwinsFileInfo":{"fileVersion":"1.0.0"},"digitalTwinsGraph":{"digitalTwins":['
    kinds = network.schema.kinds
    between = b"\n"
    for row, shape, _ in network.asset_rows():
        asset = row.pop("id")
        model = model_of(row["kind"]) if row.get("kind") in kinds else ASSET
        twin = {"$dtId": twin_id(asset), "$metadata": {"$model": model}, "asset_id": asset, **row}
        if shape is not None:
            twin["wkt"] = shape.wkt
        yield between + orjson.dumps(twin, option=OPTIONS)
        between = b",\n"
    yield b'\n],"relationships":['
    between = b"\n"
    for number, row in enumerate(network.link_rows()):
        row.pop("service", None)
        link = {
            "$relationshipId": f"e{number}",
            "$sourceId": twin_id(row.pop("from")),
            "$targetId": twin_id(row.pop("to")),
            "$relationshipName": _name(row.pop("type").lower()),
        }
        yield between + orjson.dumps({**link, **row}, option=OPTIONS)
        between = b",\n"
    yield b'\n]},"digitalTwinsModels":' + orjson.dumps(interfaces(network.schema)) + b"}\n"


def _plain(name: str, schema: str, description: str) -> dict[str, Any]:
    return {"@type": "Property", "name": name, "schema": schema, "description": description}


def _property(p: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"@type": "Property", "name": _name(p.name), "description": _short(p.description)}
    if p.type == "enum":
        values = [{"name": _name(value), "enumValue": value} for value in p.values]
        made["schema"] = {"@type": "Enum", "valueSchema": "string", "enumValues": values}
    else:
        made["schema"] = SCHEMAS[p.type]
    if p.unit in UNITS:
        kind, unit = UNITS[p.unit]
        made |= {"@type": ["Property", kind], "unit": unit}
    elif p.unit:
        made["comment"] = f"Unit: {p.unit}"
    return made


def _name(text: str) -> str:
    """A name as DTDL takes it: letters, digits and underscores, a letter first, none but these last."""
    word = re.sub(r"\W", "_", text, flags=re.ASCII).strip("_")
    return word if word[:1].isalpha() else f"x{word}"


def _short(text: str) -> str:
    """At most the 512 characters that DTDL takes."""
    return text if len(text) <= 512 else f"{text[:509]}..."
