"""``.osm.pbf`` as elements, through pyosmium: streamed, with everything that has none of our tags skipped in C++.

The passes: relations, ways and nodes (each by key, then data centre buildings), and the nodes that ways need. Memory
holds what is taken. The reader bounds blocks (32 MB unpacked) and checks references by itself; whatever it does not
like is :class:`SourceUnreadable`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osmium

from loaders.osm_read import Element, Extract, Wanted
from loaders.osm_tags import DATA_BUILDINGS, KEYS, LIFECYCLE, ON_POLES, SUPPORTS
from twin.errors import SourceUnreadable

#: Coordinates are whole numbers of these.
UNITS = 10_000_000
WORDS = {"n": "node", "w": "way", "r": "relation"}
#: Keys that make an object ours, whatever the value; ``building`` only with some.
BY_KEY = tuple(f"{p}{k}" for k in KEYS[:-1] for p in ("", *(f"{one}:" for one in LIFECYCLE)))
BY_TAG = tuple((f"{p}building", v) for v in DATA_BUILDINGS for p in ("", *(f"{one}:" for one in LIFECYCLE)))

#: Keys that make a tower more than a tower.
BESIDE = (*ON_POLES, *KEYS[1:-1])


def is_pbf(path: Path) -> bool:
    """Whether a file is in this format, by its beginning."""
    try:
        with path.open("rb") as stream:
            return b"OSMHeader" in stream.read(64)
    except OSError:  # told by who reads it
        return False


def read_pbf(path: Path, wanted: Wanted) -> Extract:
    """The elements whose tags are *wanted*, and the members of relations that are.

    Raises:
        SourceUnreadable: damaged, cut off, of a feature that is not known, or with history.
    """
    try:
        return _read(path, wanted)
    except (RuntimeError, ValueError, OSError, OverflowError, MemoryError) as error:  # of the library, in C++
        reason = str(error)[:200]
        raise SourceUnreadable(f"{path} is damaged or cut off: {reason}", fix="Export it again.") from error


def _read(path: Path, wanted: Wanted) -> Extract:
    extract = Extract(file=path.name)
    if osmium.io.Reader(osmium.io.File(str(path), "pbf"), osmium.osm.NOTHING).header().has_multiple_object_versions:
        raise SourceUnreadable(f"{path} has the history of objects", fix="Take the extract of one time.")
    for keep in (*_filters(), osmium.filter.TagFilter(("route", "power"))):
        _take_all(_objects(path, osmium.osm.RELATION, keep), wanted, extract)
    members = {(t, i) for e in extract.elements.values() for t, i, _ in e.members}
    ways = {number for kind, number in members if kind == "way"}
    for keep in _filters():
        _take_all(_objects(path, osmium.osm.WAY, keep), wanted, extract)
    if ways:
        _take_all(_objects(path, osmium.osm.WAY, osmium.filter.IdFilter(ways)), lambda _: True, extract)
    needed = {node for e in extract.elements.values() for node in e.nodes} | {i for t, i in members if t == "node"}
    for keep in _filters():
        _take_all(_objects(path, osmium.osm.NODE, keep), wanted, extract)
    needed |= {one.id for one in extract.elements.values() if one.type == "node"}
    if needed:
        _places(path, needed, extract)
    return extract


def _filters() -> tuple[Any, Any]:
    return osmium.filter.KeyFilter(*BY_KEY), osmium.filter.TagFilter(*BY_TAG)


def _objects(path: Path, kind: Any, keep: Any) -> Iterator[Any]:
    yield from osmium.FileProcessor(osmium.io.File(str(path), "pbf"), kind).with_filter(keep)


def _take_all(objects: Iterator[Any], wanted: Wanted, extract: Extract) -> None:
    """Take over what is wanted; what an earlier pass took stays, and a second object of one id in a pass is told."""
    met: set[int] = set()
    for one in objects:
        try:
            if _bare(one.tags):
                extract.counted += 1
                continue
            tags = dict(one.tags)
            found = wanted(tags)
            if not found:
                extract.counted += found is None
                continue
            if one.id in met:
                raise ValueError(f"{WORDS[one.type_str()]}/{one.id} is there twice; the first is taken")
            met.add(one.id)
            taken = Element(WORDS[one.type_str()], one.id, tags)
            if taken.type == "way":
                taken.nodes = [node.ref for node in one.nodes]
            elif taken.type == "relation":
                taken.members = [(WORDS[m.type], m.ref, m.role) for m in one.members]
        except (UnicodeDecodeError, KeyError, ValueError) as error:
            extract.reject(f"an object cannot be read: {str(error)[:120]}")
            continue
        extract.elements.setdefault(taken.ref, taken)


def _bare(tags: Any) -> bool:
    """Whether an object is a tower or pole with nothing on it, as most are: seen without copying its tags."""
    return tags.get("power") in SUPPORTS and not any(key in tags for key in BESIDE)


def _places(path: Path, needed: set[int], extract: Extract) -> None:
    """Places of nodes, by osmium's own index: the file's nodes pass by in C++ and only those needed are kept."""
    table = osmium.index.create_map("sparse_mem_map")  # no order of nodes is assumed
    with osmium.io.Reader(osmium.io.File(str(path), "pbf"), osmium.osm.NODE) as reader:
        osmium.apply(reader, osmium.filter.IdFilter(needed), osmium.NodeLocationsForWays(table))
    outside = 0
    for number in needed:
        try:
            at = table.get(number)
        except KeyError:  # not in the extract
            continue
        if at.valid():
            extract.places[number] = at.x / UNITS, at.y / UNITS
        else:
            outside += 1
    if outside:
        extract.reject(f"{outside:,} nodes have no place on earth")
