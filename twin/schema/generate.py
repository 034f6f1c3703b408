"""What is generated from the schema: indexes, the Cypher lint schema, row models and the reference page.

Nothing here knows a kind by name. ``scripts/docs.py`` writes the files, tests hold them in step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from twin.schema.load import IMAGE, RESERVED
from twin.schema.model import ANY_KIND, NEED_ALL, NEED_ANY, Kind, LinkType, Property, Schema
from twin.schema.values import MAX_TEXT

ASSET_LABEL = "Asset"
#: Labels of the twin's own book-keeping beside the assets, with their properties (design §5).
BOOK_KEEPING = {
    "TwinState": (
        *("id", "store_id", "revision", "next_ord", "next_run", "applying", "state_id", "schema_names", "schema_texts"),
        *("claims", "importer", "importer_at"),
    ),
    "ImportRun": (
        *("id", "source", "loader", "status", "digest", "revision", "started_at", "finished_at"),
        *(
            "seq",
            "first_ord",
            "batch",
            "resumed",
            "purged",
            "state_before",
            "state_after",
            "files",
            "scopes",
            "rules",
            "owner",
            "rule_digests",
        ),
    ),
    "BeforeImage": (
        *("run", "image_seq", "image_run", "image_what", "image_op"),
        *("image_labels", "image_type", "image_from", "image_to"),
    ),
    "Finding": (
        *("id", "run", "code", "severity", "message", "fix", "assets", "count", "origin"),
        *("scope", "asset", "service"),
    ),
    "Source": ("id", "stamp", "exact", "checked_at", "imported_at", "as_of", "as_of_from", "links"),
}
#: What every asset node and every link carries beside the properties of the schema.
ASSET_FIELDS = (
    *("id", "kind", "domain", "name", "source", "native_id", "ord", "hash", "run", "location", "geometry"),
    *("origin_at", "said", "enriched"),
)
LINK_FIELDS = ("key", "source", "group", "need", "hash", "run", "rule", "distance_m", "confidence", "from_as", "to_as")


@dataclass(frozen=True, slots=True)
class Index:
    """One constraint or index of the store.

    Attributes:
        name: its name in Neo4j. kind: ``unique``, ``range``, ``point`` or ``fulltext``.
        label: node label, or relationship type where ``relationship``. properties: what it covers.
    """

    name: str
    kind: str
    label: str
    properties: tuple[str, ...]
    relationship: bool = False


def indexes(schema: Schema) -> list[Index]:
    """Constraints and indexes that the store keeps, in the order they are made.

    Assets of all kinds share the label ``Asset``, so that one constraint keeps ids unique across kinds.
    """
    return [
        Index("asset_id", "unique", ASSET_LABEL, ("id",)),
        Index("twin_state_id", "unique", "TwinState", ("id",)),
        Index("import_run_id", "unique", "ImportRun", ("id",)),
        Index("finding_id", "unique", "Finding", ("id",)),
        Index("asset_ord", "range", ASSET_LABEL, ("ord",)),
        Index("asset_enriched", "range", ASSET_LABEL, ("enriched",)),
        Index("asset_source", "range", ASSET_LABEL, ("source",)),
        Index("source_id", "unique", "Source", ("id",)),
        Index("finding_scope", "range", "Finding", ("scope",)),
        Index("before_image_run", "range", "BeforeImage", ("run", "image_seq")),
        Index("asset_location", "point", ASSET_LABEL, ("location",)),
        Index("asset_text", "fulltext", ASSET_LABEL, ("id", "name")),
    ]


def labels(schema: Schema) -> list[str]:
    """Every node label of the twin, sorted: assets, domains, kinds and book-keeping."""
    own = {ASSET_LABEL, *BOOK_KEEPING}
    return sorted(own | {d.label for d in schema.domains.values()} | {k.label for k in schema.kinds.values()})


def relationship_types(schema: Schema) -> list[str]:
    """Every relationship type of the twin, sorted."""
    return sorted(schema.link_types)


def property_keys(schema: Schema) -> list[str]:
    """Every property key that nodes and relationships of the twin may carry, sorted."""
    own = {key for keys in BOOK_KEEPING.values() for key in keys}
    return sorted({*schema.properties, *schema.link_properties, *ASSET_FIELDS, *LINK_FIELDS, *own})


def lint_schema(schema: Schema) -> dict[str, Any]:
    """The vocabulary that the offline Cypher linter checks queries against, as it takes it (``DbSchema``)."""
    return {
        "labels": labels(schema),
        "relationshipTypes": relationship_types(schema),
        "propertyKeys": property_keys(schema),
    }


class Row(BaseModel):
    """Base of the generated row models: unknown columns are errors."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def row_models(schema: Schema) -> dict[str, type[Row]]:
    """Kind -> pydantic model of one asset row of the table format (design §7), values in the schema's units."""
    return {kind: _asset_model(kind, schema.kind_properties(kind).values()) for kind in schema.kinds}


def _asset_model(kind: str, properties: Iterable[Property]) -> type[Row]:
    fields: dict[str, Any] = {
        "id": (str, Field(min_length=1, description="Native id, unique inside its source.")),
        "kind": (Literal[kind], ...),
        "name": (str | None, Field(None, description="Name to show.")),
        "lon": (float | None, Field(None, ge=-180, le=180, description="Longitude, WGS 84, degrees.")),
        "lat": (float | None, Field(None, ge=-90, le=90, description="Latitude, WGS 84, degrees.")),
        "wkt": (str | None, Field(None, description="Geometry as WKT, WGS 84.")),
    }
    fields |= {p.name: (_type(p) | None, _field(p)) for p in properties}
    return create_model(f"{kind}_row", __base__=Row, **fields)


def link_model(schema: Schema) -> type[Row]:
    """Pydantic model of one link row of the table format."""
    fields: dict[str, Any] = {
        "from": (str, Field(min_length=1, description="Id of what supplies.")),
        "type": (Literal[tuple(schema.link_types)], Field(description="Link type.")),
        "to": (str, Field(min_length=1, description="Id of what needs.")),
        "group": (str | None, Field(None, description="Gate; empty for the type's default.")),
        "need": (str | int | None, Field(None, description="any, all or a number; empty for the others' value.")),
    }
    fields |= {p.name: (_type(p) | None, _field(p)) for p in schema.link_properties.values()}
    return create_model("link_row", __base__=Row, **fields)


def json_schema(schema: Schema) -> dict[str, Any]:
    """JSON Schema of asset rows (one of the kinds) and link rows, for checking tables before an import."""
    shared: dict[str, Any] = {}
    kinds: dict[str, Any] = {}
    for kind, model in row_models(schema).items():
        made = model.model_json_schema()
        for name, entry in made["properties"].items():
            if name != "kind":
                shared[name] = entry
                made["properties"][name] = {"$ref": f"#/$defs/{name}"}
        kinds[kind] = made
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"Generated from twin/schema/*.toml (digest {schema.digest}) by `make docs`. Do not edit.",
        "title": "An asset row or a link row of the table format",
        "anyOf": [*({"$ref": f"#/$defs/kinds/{kind}"} for kind in kinds), {"$ref": "#/$defs/link"}],
        "$defs": {**shared, "kinds": kinds, "link": link_model(schema).model_json_schema()},
    }


def _type(prop: Property) -> Any:
    if prop.type == "enum":
        return Literal[prop.values]
    return {"string": str, "number": float, "integer": int, "boolean": bool}[prop.type]


def _field(prop: Property) -> Any:
    limits: dict[str, Any] = {"max_length": MAX_TEXT} if prop.type == "string" else {}
    if prop.unit:
        limits["json_schema_extra"] = {"unit": prop.unit}
    return Field(prop.default, description=prop.description, ge=prop.minimum, le=prop.maximum, **limits)


def reference_page(schema: Schema) -> str:
    """The reference page ``docs/schema.md`` as Markdown."""
    parts = [
        "# Schema reference",
        "",
        "Generated from `twin/schema/*.toml` by `make docs`; do not edit. What the words mean: design and"
        " [architecture](architecture.md). How to add to it: [CONTRIBUTING](../CONTRIBUTING.md).",
        "",
        f"{len(schema.domains)} domains, {len(schema.kinds)} kinds, {len(schema.link_types)} link types,"
        f" {len(schema.services)} services, {len(schema.properties)} properties. Machine-readable rows:"
        " [rows.schema.json](rows.schema.json).",
        "",
        *_services(schema),
        *_links(schema),
        *_common(schema),
        *_kinds(schema),
        *_units(schema),
        *_store(schema),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _table(head: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return [*lines, ""]


def _services(schema: Schema) -> list[str]:
    rows = (
        (f"`{s.name}`", "yes" if s.grounded else "no", f"`{schema.ride_through(s.name)}`", s.description)
        for s in schema.services.values()
    )
    text = "In a *grounded* service support must lead back to a source: two consumers do not keep each other alive."
    return ["## Services", "", text, "", *_table(("service", "grounded", "buffer", "what it is"), rows)]


def need_word(need: int) -> str:
    """``any``, ``all`` or the number, as written in tables."""
    return {NEED_ANY: "any", NEED_ALL: "all"}.get(need, str(need))


def _links(schema: Schema) -> list[str]:
    def row(t: LinkType) -> tuple[str, ...]:
        form = "mesh" if t.mesh else "joined" if t.joined else "directed"
        gate = (f"`{t.group}`", need_word(t.need)) if t.gated else ("-", "-")
        return (f"`{t.name}`", t.service or "-", form, *gate, t.effect, t.description)

    head = ("link type", "service", "form", "default group", "default need", "effect", "what it is")
    lines = ["## Link types", "", "A link points from what supplies to what needs; mesh links have no direction.", ""]
    lines += _table(head, (row(t) for t in schema.link_types.values()))
    lines += ["### Allowed ends", "", f"`{ANY_KIND}` is any kind. Deleting an end deletes the link.", ""]
    for t in schema.link_types.values():
        lines += [f"**`{t.name}`**", "", *(f"- {a} -> {b}" for a, b in _grouped(t)), ""]
    return [*lines, *_properties("Link properties", schema.link_properties.values(), "###")]


def _grouped(link_type: LinkType) -> list[tuple[str, str]]:
    """Allowed ends with the kinds that go to the same targets on one line."""
    targets: dict[str, list[str]] = {}
    for a, b in sorted(link_type.ends):
        targets.setdefault(a, []).append(b)
    sources: dict[str, list[str]] = {}
    for a, bs in targets.items():
        sources.setdefault(", ".join(bs), []).append(a)
    return [(", ".join(a), b) for b, a in sources.items()]


def _common(schema: Schema) -> list[str]:
    return _properties("Properties of every kind", (p for p in schema.properties.values() if p.common), "##")


def _properties(title: str, properties: Any, level: str) -> list[str]:
    rows = ((f"`{p.name}`", _shown_type(p), p.unit or "-", _range(p), p.description) for p in properties)
    return [f"{level} {title}", "", *_table(("property", "type", "unit", "range", "what it is"), rows)]


def _shown_type(prop: Property) -> str:
    words = ", ".join(f"`{v}`" for v in prop.values) if prop.type == "enum" else prop.type
    return words if prop.default is None else f"{words}, default {prop.default}"


def _range(prop: Property) -> str:
    low = "" if prop.minimum is None else f"from {prop.minimum:g}"
    high = "" if prop.maximum is None else f"to {prop.maximum:g}"
    return f"{low} {high}".strip() or "-"


def _kinds(schema: Schema) -> list[str]:
    lines = ["## Kinds", ""]
    for domain in schema.domains.values():
        lines += [f"### {domain.title}", "", f"{domain.description} Label `{domain.label}`.", ""]
        rows = (_kind_row(schema.kinds[name]) for name in schema.kinds_of(domain.name))
        head = ("kind", "label", "layer", "geometry", "requires", "own properties", "what it is", "counterpart")
        lines += _table(head, rows)
    own = [p for p in schema.properties.values() if not p.common]
    return [*lines, *_properties("Properties of single kinds", own, "###")]


def _kind_row(kind: Kind) -> tuple[str, ...]:
    status = "" if kind.status == "stable" else f" ({kind.status})"
    own = ", ".join(f"`{p}`" for p in kind.properties) or "-"
    needs = ", ".join(kind.requires) or "-"
    name = f"`{kind.name}`{status}"
    return (name, f"`{kind.label}`", kind.layer, kind.geometry, needs, own, kind.description, kind.counterpart or "-")


def _units(schema: Schema) -> list[str]:
    quantities: dict[str, list[str]] = {}
    for unit in schema.units.values():
        quantities.setdefault(unit.quantity, []).append(f"`{unit.name}`")
    rows = ((quantity.replace("_", " "), ", ".join(units)) for quantity, units in quantities.items())
    text = "A mapping may name the unit that an export uses; it is converted to the property's own on import."
    return ["## Units", "", text, "", *_table(("quantity", "units"), rows)]


def _store(schema: Schema) -> list[str]:
    rows = ((f"`{i.name}`", i.kind, f"`{i.label}`", ", ".join(f"`{p}`" for p in i.properties)) for i in indexes(schema))
    reserved = ", ".join(f"`{word}`" for word in sorted(RESERVED))
    lines = ["## In Neo4j", "", *_table(("constraint or index", "kind", "label", "properties"), rows)]
    return [*lines, f"Names that no property of yours can have: {reserved}, and all that begin with `{IMAGE}`.", ""]
