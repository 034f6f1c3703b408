"""Loader ``gis``: any vector source that GDAL reads, layer by layer (docs/loaders/gis.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel

from loaders.fields import convert, is_absent, text_of
from loaders.gis_links import LinkFinder
from loaders.gis_options import FieldMap, GisOptions, LayerMap
from loaders.gis_source import Chunk, Source, dataset_files, find_dataset, find_sources, read_chunks
from twin.model import AssetRecord, LinkRecord, Origin, Reject
from twin.schema import Property, Schema, suggest
from twin.schema.values import ValueProblem, convert_value

Record = AssetRecord | LinkRecord | Reject


class GisLoader:
    """Reads GeoPackage, Shapefile, GeoJSON, FlatGeobuf and whatever else GDAL knows."""

    name: ClassVar[str] = "gis"
    title: ClassVar[str] = "Vector layers: GeoPackage, Shapefile, GeoJSON, FlatGeobuf"
    Options: ClassVar[type[BaseModel]] = GisOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """The assets of all layers in the order of the mapping, then their links.

        Raises:
            SourceUnreadable: a file is missing, cut off, damaged or of no format that GDAL reads.
            LoaderOptionError: the mapping names layers or fields that are not there.
        """
        options = GisOptions.model_validate(options)
        sources, rejects = find_sources(path, options)
        yield from rejects
        troubled = bool(rejects)
        readers = []
        for source in sources:
            mistakes = list(check_mapping(source, schema))
            yield from mistakes
            if not mistakes:
                readers.append(LayerReader(source, schema))
        finder = LinkFinder(readers, options)
        links: list[LinkRecord | Reject] = []
        count = 0
        for reader in readers:
            for item in reader.assets():
                if isinstance(item, Reject):
                    troubled = True
                    yield item
                    continue
                chunk, assets = item
                count += len(chunk)
                yield from assets.values()
                links += finder.links(reader, chunk, assets)
        yield from links
        if readers and not count and not troubled:
            message = f"{path.name} has no features in the layers of the mapping"
            yield Reject(Origin(path.name), "empty_file", message, "Export it again, or mend `where`.")

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """Every file of every data set of the mapping."""
        layers = GisOptions.model_validate(options).layers
        found = (find_dataset(path, key, layer) for key, layer in layers.items())
        return list(dict.fromkeys(file for dataset in found for file in dataset_files(dataset)))


class LayerReader:
    """One layer as assets."""

    def __init__(self, source: Source, schema: Schema) -> None:
        self.source, self.schema = source, schema
        self.options: LayerMap = source.options
        known = schema.kind_properties(self.options.kind)
        self.mapped: list[tuple[Property, FieldMap]] = [
            (known[name], FieldMap(field=how) if isinstance(how, str) else how)
            for name, how in self.options.properties.items()
        ]

    def assets(self) -> Iterator[tuple[Chunk, dict[int, AssetRecord | Reject]] | Reject]:
        """Chunk by chunk: what each feature became, by its place in the chunk; more rejects in between."""
        for chunk in read_chunks(self.source):
            if isinstance(chunk, Reject):
                yield chunk
                continue
            made: dict[int, AssetRecord | Reject] = {}
            for i in range(len(chunk)):
                problems = chunk.problems.get(i, [])
                record = self._asset(chunk, i, problems)
                if problems:
                    made[i] = problems[0]
                    yield from problems[1:]
                else:
                    made[i] = record
            yield chunk, made

    def native_id(self, chunk: Chunk, i: int) -> str:
        """The id of a feature with the layer's prefix; empty when it has none."""
        native = text_of(chunk.columns[self.options.id][i])
        return self.options.prefix + native if native else ""

    def _asset(self, chunk: Chunk, i: int, problems: list[Reject]) -> AssetRecord:
        row = chunk.first + i
        native = self.native_id(chunk, i)
        if not native:
            problems.append(
                self.source.reject(
                    row, self.options.id, "missing_value", "the feature has no id", "Give every feature an id."
                )
            )
        properties: dict[str, Any] = {}
        for prop, how in self.mapped:
            raw = chunk.columns[how.field][i] if how.field else how.value
            try:
                value = convert(self.schema, prop, raw, how)
            except ValueProblem as problem:
                message = f"feature {native or row}: {problem}"
                problems.append(self.source.reject(row, how.field or prop.name, problem.code, message, problem.fix))
                continue
            if value is not None:
                properties[prop.name] = value
        name = text_of(chunk.columns[self.options.name][i]) if self.options.name else ""
        origin = Origin(self.source.file, row)
        return AssetRecord(native, self.options.kind, name or None, properties, chunk.wkb[i], origin)


def check_mapping(source: Source, schema: Schema) -> Iterator[Reject]:
    """A reject for each kind, property, unit and link type of the mapping that the schema does not have."""
    options = source.options
    where = f"layers.{source.key}"
    if options.kind not in schema.kinds:
        hint = suggest(options.kind, schema.kinds)
        yield source.reject(
            None,
            f"{where}.kind",
            "unknown_kind",
            f"the schema has no kind {options.kind!r}.{hint}",
            "Use a kind of the schema.",
        )
        return
    known = schema.kind_properties(options.kind)
    for name, how in options.properties.items():
        prop = known.get(name)
        if prop is None:
            message = f"the kind {options.kind} has no property {name!r}.{suggest(name, known)}"
            fix = "Use a property of the kind, or declare one in a schema file of your own."
            yield source.reject(None, f"{where}.properties.{name}", "unknown_property", message, fix)
        elif isinstance(how, FieldMap) and how.unit:
            try:
                convert_value(schema, prop, 1.0, how.unit)
            except ValueProblem as problem:
                yield source.reject(None, f"{where}.properties.{name}", problem.code, str(problem), problem.fix)
    types = [link.type for link in options.links] + ([options.ends.type] if options.ends else [])
    for name in types:
        if name not in schema.link_types:
            message = f"the schema has no link type {name!r}.{suggest(name, schema.link_types)}"
            yield source.reject(None, f"{where}.links", "unknown_link_type", message, "Use a link type of the schema.")


__all__ = ["GisLoader", "GisOptions", "LayerReader", "check_mapping", "is_absent"]
