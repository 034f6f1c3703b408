"""Whether the rules of a manifest fit the schema and its imports."""

from __future__ import annotations

from collections.abc import Iterator

from twin.errors import ManifestError
from twin.ingest.manifest import Manifest, StitchSpec
from twin.ingest.matching.spec import ALL, MatchSpec
from twin.ingest.sides import Side
from twin.schema import Schema, suggest

#: What every asset has beside the properties of its kind.
OWN = ("name", "id", "native_id")


def check_rules(manifest: Manifest, schema: Schema) -> None:
    """Every kind, property, link type and source of the rules exists and the ends are allowed.

    Raises:
        ManifestError: all problems at once.
    """
    problems = [text for spec in manifest.matches for text in _match(spec, manifest, schema)]
    problems += [text for spec in manifest.stitches for text in _stitch(spec, schema)]
    if problems:
        raise ManifestError(f"{manifest.path or manifest.name}: {'; '.join(problems)}", problems=problems)


def _sides(where: str, spec: StitchSpec | MatchSpec, schema: Schema) -> Iterator[str]:
    for side, part in (("from", spec.start), ("to", spec.end)):
        yield from _side(f"{where}: {side}", part, schema)


def _side(where: str, part: Side, schema: Schema) -> Iterator[str]:
    for kind in part.kind:
        if kind not in schema.kinds:
            yield f"{where}: unknown kind {kind!r}.{suggest(kind, schema.kinds)}"
            continue
        known = [*schema.kind_properties(kind), *OWN]
        for name in (*part.where, *([part.key] if part.key else [])):
            if name not in known:
                yield f"{where}: {kind} has no property {name!r}.{suggest(name, known)}"


def _match(spec: MatchSpec, manifest: Manifest, schema: Schema) -> Iterator[str]:
    where = f"[[match]] {spec.name!r}"
    yield from _sides(where, spec, schema)
    for source in spec.start.source or ():
        if source not in manifest.sources:
            yield f"{where}: from: no [[import]] has the source {source!r}.{suggest(source, manifest.sources)}"
    known = ["name", "location", ALL, *(name for kind in spec.end.kind if kind in schema.kinds
                                     for name in schema.kind_properties(kind))]  # fmt: skip
    for name in spec.authority:
        if name not in known:
            yield f"{where}: authority: {', '.join(spec.end.kind)} has no property {name!r}.{suggest(name, known)}"


def _stitch(spec: StitchSpec, schema: Schema) -> Iterator[str]:
    where = f"[[stitch]] {spec.name!r}"
    link_type = schema.link_types.get(spec.link)
    found = []
    if link_type is None:
        found.append(f"{where}: unknown link type {spec.link!r}.{suggest(spec.link, schema.link_types)}")
    found += _sides(where, spec, schema)
    for name in spec.properties:
        if name not in schema.link_properties:
            found.append(f"{where}: unknown link property {name!r}.{suggest(name, schema.link_properties)}")
    pairs = [(a, b) for a in spec.start.kind for b in spec.end.kind]
    if link_type and not found and not any(link_type.allows(a, b) for a, b in pairs):
        found.append(f"{where}: {spec.link} does not go from {pairs[0][0]} to {pairs[0][1]}")
    yield from found
