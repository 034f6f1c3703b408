"""Reads ``.osm.pbf`` through pyosmium in a process of its own, and writes what has our tags to stdout.

libosmium ends the whole process on some damaged files (a zero byte in a text is enough), which no handler can catch; so
``loaders/osm_pbf.py`` runs this module as a child. The passes: relations, ways and nodes (each by key, then data centre
buildings), and the nodes that ways need. Everything with none of our tags is skipped in C++, and nothing is kept here
but ids. One JSON value a line: ``{"objects": [[type, id, tags, nodes, members], ...]}``, ``{"places": [[id, lon, lat],
...]}``, ``{"reject": text}``, and last ``{"counted": n}`` or ``{"error": text}``.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson
import osmium

from loaders.osm_tags import DATA_BUILDINGS, KEYS, LIFECYCLE, ON_POLES, SUPPORTS, wanted

#: Coordinates are whole numbers of these.
UNITS = 10_000_000
WORDS = {"n": "node", "w": "way", "r": "relation"}
#: Ids from here on are none of OpenStreetMap's (it has some 10 ** 10); the filter by id takes memory by the largest.
MAX_ID = 1 << 40
#: Objects or places on one line.
BLOCK = 5_000
#: Keys that make an object ours, whatever the value; ``building`` only with some.
PREFIXES = ("", *(f"{one}:" for one in LIFECYCLE))
BY_KEY = tuple(f"{p}{k}" for k in KEYS[:-1] for p in PREFIXES)
BY_TAG = tuple((f"{p}building", v) for v in DATA_BUILDINGS for p in PREFIXES)
#: Keys that make a tower more than a tower.
BESIDE = (*ON_POLES, *KEYS[1:-1])


def main(path: str) -> None:
    """Read the file at *path*; what the library does not like is the last line."""
    gc.disable()  # plain data only, and the process is short
    try:
        _read(path)
    except (RuntimeError, ValueError, OSError, OverflowError, MemoryError) as error:  # of the library, in C++
        _say({"error": str(error)[:200]})


def _say(what: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(what) + b"\n")


class _Seen:
    """What was met: nodes and members that are needed, and how many objects were only counted."""

    def __init__(self) -> None:
        self.needed: set[int] = set()
        self.ways: set[int] = set()
        self.counted = 0


def _read(path: str) -> None:
    file = osmium.io.File(path, "pbf")
    with osmium.io.Reader(file, osmium.osm.NOTHING) as reader:
        if reader.header().has_multiple_object_versions:
            _say({"error": "it has the history of objects; take the extract of one time"})
            return
    seen = _Seen()
    filters = osmium.filter.KeyFilter(*BY_KEY), osmium.filter.TagFilter(*BY_TAG)
    for keep in (*filters, osmium.filter.TagFilter(("route", "power"))):
        _pass(osmium.FileProcessor(file, osmium.osm.RELATION).with_filter(keep), seen)
    for keep in filters:
        _pass(osmium.FileProcessor(file, osmium.osm.WAY).with_filter(keep), seen)
    ways = _usual(seen.ways)
    if ways:
        members = osmium.FileProcessor(file, osmium.osm.WAY).with_filter(osmium.filter.IdFilter(ways))
        _pass(members, seen, every=True)
    for keep in filters:
        _pass(osmium.FileProcessor(file, osmium.osm.NODE).with_filter(keep), seen)
    needed = _usual(seen.needed)
    if needed:
        _places(file, needed)
    _say({"counted": seen.counted})


def _usual(numbers: set[int]) -> set[int]:
    """The ids that can be looked for; an editor's own (negative) and impossible ones are told."""
    good = {number for number in numbers if 0 < number < MAX_ID}
    if len(good) < len(numbers):
        odd = min(numbers - good)
        text = f"{len(numbers) - len(good):,} ids are negative or too large, for example {odd}: not looked for"
        _say({"reject": text})
    return good


def _pass(objects: Iterable[Any], seen: _Seen, every: bool = False) -> None:
    taken = _taken(objects, seen, every)
    while some := list(islice(taken, BLOCK)):
        _say({"objects": some})


def _taken(objects: Iterable[Any], seen: _Seen, every: bool) -> Iterator[list[Any]]:
    """What is wanted of a pass, as lists; a second object of one id in a pass is told."""
    met: set[int] = set()
    for one in objects:
        try:
            if not every and _bare(one.tags):
                seen.counted += 1
                continue
            tags = dict(one.tags)
            found = every or wanted(tags)
            if not found:
                seen.counted += found is None
                continue
            kind, number = WORDS[one.type_str()], one.id
            if number in met:
                raise ValueError(f"{kind}/{number} is there twice; the first is taken")
            members = [[WORDS[m.type], m.ref, m.role] for m in one.members] if kind == "relation" else []
        except (UnicodeDecodeError, KeyError, ValueError) as error:
            _say({"reject": f"an object cannot be read: {str(error)[:120]}"})
            continue
        met.add(number)
        nodes = [node.ref for node in one.nodes] if kind == "way" else []
        seen.needed.update(nodes if kind == "way" else [number] if kind == "node" else ())
        seen.needed.update(ref for word, ref, _ in members if word == "node")
        seen.ways.update(ref for word, ref, _ in members if word == "way")
        yield [kind, number, tags, nodes, members]


def _bare(tags: Any) -> bool:
    """Whether an object is a tower or pole with nothing on it, as most are: seen without copying its tags."""
    return tags.get("power") in SUPPORTS and not any(key in tags for key in BESIDE)


def _places(file: Any, needed: set[int]) -> None:
    """Places of nodes, by osmium's own index: the nodes pass by in C++ and only those needed are kept."""
    table = osmium.index.create_map("sparse_mem_map")  # no order of nodes is assumed
    with osmium.io.Reader(file, osmium.osm.NODE) as reader:
        osmium.apply(reader, osmium.filter.IdFilter(needed), osmium.NodeLocationsForWays(table))
    outside = 0
    some: list[tuple[int, float, float]] = []
    for number in needed:
        try:
            at = table.get(number)
        except KeyError:  # not in the extract
            continue
        if at.valid():
            some.append((number, at.x / UNITS, at.y / UNITS))
        else:
            outside += 1
        if len(some) == BLOCK:
            _say({"places": some})
            some = []
    _say({"places": some})
    if outside:
        _say({"reject": f"{outside:,} nodes have no place on earth"})


if __name__ == "__main__":
    main(sys.argv[1])
