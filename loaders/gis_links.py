"""The links of GIS features: ends by reference fields or by snapping, and plain references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from loaders.fields import text_of
from loaders.gis_options import Ends, GisOptions, Reference
from loaders.gis_snap import Snap, Snapper, Targets, line_ends
from loaders.gis_source import Chunk
from twin.errors import LoaderOptionError
from twin.model import AssetRecord, LinkRecord, Origin, Reject

if TYPE_CHECKING:
    from loaders.gis import LayerReader

Made = Mapping[int, AssetRecord | Reject]
SIDES = ("first", "second")


class LinkFinder:
    """Makes the links of every layer; layers that others snap to are read once beforehand.

    Args:
        readers: all layers of the mapping that can be read.
        options: the mapping, for the prefixes of the ids in reference fields.
    """

    def __init__(self, readers: list[LayerReader], options: GisOptions) -> None:
        self.readers = {reader.source.key: reader for reader in readers}
        self.prefixes = {key: layer.prefix for key, layer in options.layers.items()}
        self.known: dict[str, set[str]] = {}
        self.touching: set[tuple[str, str]] = set()
        self.snappers = {
            key: self._snapper(reader.options.ends)
            for key, reader in self.readers.items()
            if reader.options.ends and reader.options.ends.tolerance_m
        }
        for key, reader in self.readers.items():
            ends = reader.options.ends
            if ends and ends.from_field and len({self.prefixes[name] for name in ends.layers}) > 1:
                for name in ends.layers:
                    self.known.setdefault(name, self._ids(name))
            unknown = [p for p in ends.match if p not in reader.options.properties] if ends else []
            if unknown:
                raise LoaderOptionError(
                    f"layers.{key}.ends.match: {', '.join(unknown)} is not among the layer's properties"
                )

    def links(self, reader: LayerReader, chunk: Chunk, made: Made) -> list[LinkRecord | Reject]:
        """The links of the features of one chunk, in their order."""
        found: list[LinkRecord | Reject] = []
        for i, asset in made.items():
            if isinstance(asset, AssetRecord):
                for link in reader.options.links:
                    found += self._references(reader, chunk, i, asset, link)
        if reader.options.ends:
            found += self._ends(reader, chunk, made, reader.options.ends)
        return found

    def _references(
        self, reader: LayerReader, chunk: Chunk, i: int, asset: AssetRecord, link: Reference
    ) -> Iterator[LinkRecord | Reject]:
        text = text_of(chunk.columns[link.field][i])
        names = [part.strip() for part in text.split(link.separator)] if link.separator else [text]
        names = [name for name in names if name]
        if not names and link.required:
            message = f"feature {asset.id}: {link.field} is empty"
            yield reader.source.reject(chunk.first + i, link.field, "missing_value", message, "Name the other end.")
        prefix = self.prefixes[link.layer] if link.layer else ""
        for name in names:
            other = prefix + name
            start, end = (other, asset.id) if link.from_field else (asset.id, other)
            origin = Origin(reader.source.file, chunk.first + i, link.field)
            yield LinkRecord(start, link.type, end, link.group, link.need, {}, origin)

    def _ends(self, reader: LayerReader, chunk: Chunk, made: Made, ends: Ends) -> Iterator[LinkRecord | Reject]:
        fields = (ends.from_field, ends.to_field)
        others: dict[tuple[int, int], str] = {}
        open_ends: list[tuple[int, int]] = []
        for i, asset in made.items():
            if not isinstance(asset, AssetRecord):
                continue
            for side in (0, 1):
                named = text_of(chunk.columns[str(fields[side])][i]) if fields[side] else ""
                if named:
                    others[i, side] = self._full(ends, named)
                else:
                    open_ends.append((i, side))
        problems = self._close(reader, chunk, made, ends, open_ends, others)
        own_layer = reader.source.key in ends.layers and ends.tolerance_m is not None
        for i, asset in made.items():
            if not isinstance(asset, AssetRecord):
                continue
            for side in (0, 1):
                if (i, side) in problems:
                    yield problems[i, side]
                other = others.get((i, side))
                if other is None or (side == 1 and other == others.get((i, 0))):
                    continue  # a line that leaves an asset and returns to it touches it once
                if own_layer and self._again(asset.id, other):
                    continue  # two lines that snap to each other touch once
                start, end = (other, asset.id) if side == 0 else (asset.id, other)
                origin = Origin(reader.source.file, chunk.first + i, fields[side])
                yield LinkRecord(start, ends.type, end, ends.group, ends.need, {}, origin)

    def _again(self, one: str, other: str) -> bool:
        pair = (min(one, other), max(one, other))
        if pair in self.touching:
            return True
        self.touching.add(pair)
        return False

    def _full(self, ends: Ends, named: str) -> str:
        """The id that a reference field means: with the prefix of the layer that has it."""
        for name in ends.layers:
            if name in self.known and self.prefixes[name] + named in self.known[name]:
                return self.prefixes[name] + named
        return (self.prefixes[ends.layers[0]] if ends.layers else "") + named

    def _close(
        self,
        reader: LayerReader,
        chunk: Chunk,
        made: Made,
        ends: Ends,
        wanted: list[tuple[int, int]],
        others: dict[tuple[int, int], str],
    ) -> dict[tuple[int, int], Reject]:
        """Snap the ends that no field names; fills *others* and returns what could not be found."""
        problems: dict[tuple[int, int], Reject] = {}
        snapper = self.snappers.get(reader.source.key)
        places: list[tuple[int, int]] = []
        points: list[Any] = []
        corners: Any = line_ends(chunk.shapes) if snapper is not None else None
        for i, side in wanted:
            asset = made[i]
            assert isinstance(asset, AssetRecord)
            if snapper is None or ends.tolerance_m is None:
                field = (ends.from_field, ends.to_field)[side]
                message = f"feature {asset.id}: {field} is empty"
                problems[i, side] = reader.source.reject(
                    chunk.first + i, field, "missing_value", message, "Name the asset the line ends at."
                )
                continue
            if corners[side, i] is None:
                if side == 0:
                    problems[i, side] = _no_line(reader, chunk, i, asset)
                continue
            places.append((i, side))
            points.append(corners[side, i])
        if snapper is None or ends.tolerance_m is None or not places:
            return problems
        lines = [made[i] for i, _ in places]
        own = [line.id for line in lines if isinstance(line, AssetRecord)]
        match = [_match(line, ends.match) for line in lines if isinstance(line, AssetRecord)]
        snaps = snapper.snap(np.array(points, dtype=object), ends.tolerance_m, own, match)
        for (i, side), native, snap in zip(places, own, snaps, strict=True):
            if snap.target >= 0 and snap.rival < 0:
                others[i, side] = snapper.ids[snap.target]
            elif snap.rival >= 0 or ends.open_ends == "reject":
                problems[i, side] = _not_found(reader, chunk.first + i, side, native, snap, snapper)
        return problems

    def _snapper(self, ends: Ends) -> Snapper:
        targets = Targets()
        for rank, name in enumerate(ends.layers):
            if name not in self.readers:
                continue  # its own rejects say why
            reader = self.readers[name]
            for item in reader.assets():
                if isinstance(item, Reject):
                    continue
                chunk, made = item
                for i, asset in made.items():
                    if isinstance(asset, AssetRecord):
                        targets.add(asset.id, chunk.shapes[i], rank, _match(asset, ends.match))
        return targets.freeze()

    def _ids(self, key: str) -> set[str]:
        if key not in self.readers:
            return set()
        reader = self.readers[key]
        chunks = (item[0] for item in reader.assets() if not isinstance(item, Reject))
        return {reader.native_id(chunk, i) for chunk in chunks for i in range(len(chunk))}


def _match(asset: AssetRecord, names: list[str]) -> tuple[Any, ...]:
    return tuple(asset.properties.get(name) for name in names)


def _no_line(reader: LayerReader, chunk: Chunk, i: int, asset: AssetRecord) -> Reject:
    shape = chunk.shapes[i]
    what = "has no geometry" if shape is None else f"is a {shape.geom_type}, not one line"
    message = f"feature {asset.id} {what}: its ends cannot be found"
    return reader.source.reject(
        chunk.first + i,
        "geometry",
        "bad_geometry",
        message,
        "Draw it as one line, or name its ends in reference fields.",
    )


def _not_found(reader: LayerReader, row: int, side: int, native: str, snap: Snap, snapper: Snapper) -> Reject:
    ends = reader.options.ends
    assert ends is not None
    layers = ", ".join(ends.layers)
    end = f"feature {native}: its {SIDES[side]} end"
    if snap.rival >= 0:
        one, other = snapper.ids[snap.target], snapper.ids[snap.rival]
        message = f"{end} is as near to {one!r} as to {other!r} ({snap.distance_m:.1f} m)"
        fix = f"Tell them apart with layers.{reader.source.key}.ends.match, or with reference fields."
    elif np.isfinite(snap.distance_m):
        far = f"the nearest is {snap.distance_m:.1f} m away, the tolerance {ends.tolerance_m:g} m"
        message = f"{end} is at no asset of {layers}: {far}"
        fix = "Mend the geometry, raise tolerance_m, or set open_ends to keep it open."
    else:
        message = f"{end} is at no asset of {layers}: none is anywhere near"
        fix = "Check the layers and their reference systems, or set open_ends to keep it open."
    return reader.source.reject(row, "geometry", "missing_end", message, fix)
