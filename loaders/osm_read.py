"""OpenStreetMap files as elements: ``.osm`` XML (also .gz, .bz2) and Overpass JSON, only what has our tags.

``loaders/osm_pbf.py`` reads ``.osm.pbf`` into the same.

XML is streamed three times (relations, ways, nodes), so that memory holds what is taken and not the extract.
"""

from __future__ import annotations

import bz2
import gc
import gzip
import io
import math
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from lxml import etree

from loaders.jsonfiles import MAX_DOCUMENT, RawFile, document_or_raise
from twin.errors import SourceUnreadable
from twin.model import Origin, Reject

#: Bytes that a compressed file may unpack to.
MAX_UNPACKED = 64 << 30
#: Decimals of a degree that OpenStreetMap keeps.
DECIMALS = 7
#: True: an object is taken; None: it is one of ours, but only counted; False: it is none of ours.
Wanted = Callable[[dict[str, str]], bool | None]
#: Whether the place of a node is needed, by its id and tags.
Placed = Callable[[int, dict[str, str]], bool]


@contextmanager
def no_cycles() -> Iterator[None]:
    """Pause the search for cycles of objects while millions of plain ones are made: it took 40 % of the time."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


@dataclass(slots=True)
class Element:
    """One object: ``type`` node, way or relation, its id and tags; nodes of a way, (type, id, role) of a relation."""

    type: str
    id: int
    tags: dict[str, str]
    nodes: list[int] = field(default_factory=list)
    members: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def ref(self) -> str:
        """``way/123``: the native id."""
        return f"{self.type}/{self.id}"


@dataclass(slots=True)
class Extract:
    """What was read: elements by reference, longitude and latitude of every node that they need, and how many of ours
    were only ``counted``."""

    elements: dict[str, Element] = field(default_factory=dict)
    places: dict[int, tuple[float, float]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    file: str = ""
    counted: int = 0

    def reject(self, message: str, origin: Origin | None = None) -> None:
        """Tell of something that cannot be read."""
        fix = "Mend it, or leave it out."
        self.rejects.append(Reject(origin or Origin(self.file), "bad_row", message, fix))

    def wants(self, one: Element, wanted: Wanted) -> bool:
        """Whether to take an element; one that is only counted is counted here."""
        found = wanted(one.tags)
        self.counted += found is None
        return bool(found)

    def merge(self, other: Extract) -> None:
        """Add what only another extract has; of what both have in two versions the first is taken, and told."""
        self.rejects += other.rejects
        self.counted += other.counted
        for number, at in other.places.items():
            self.places.setdefault(number, at)
        for ref, one in other.elements.items():
            if self.elements.setdefault(ref, one) != one:
                message = f"{ref} is not the same in {self.file} and in {other.file}; the former is taken"
                self.rejects.append(
                    Reject(Origin(other.file), "conflicting_value", message, "Export both at one time.")
                )

    def take(self, one: Element, origin: Origin) -> None:
        """Take an element over, once."""
        if one.ref in self.elements:
            self.reject(f"{one.ref} is there twice; the first is taken", origin)
        else:
            self.elements[one.ref] = one


def read_extract(path: Path, wanted: Wanted) -> Extract:
    """The elements of XML or JSON whose tags are *wanted*, and the members of relations that are.

    Raises:
        SourceUnreadable: missing, not OpenStreetMap data, cut off, or hostile.
    """
    try:
        head = _start(path)
    except FileNotFoundError:
        raise SourceUnreadable(f"{path} does not exist", fix="Check the path.") from None
    except (OSError, EOFError, zlib.error) as error:
        raise SourceUnreadable(f"{path} cannot be read: {error}") from error
    if not head.strip():
        return Extract(
            file=path.name,
            rejects=[Reject(Origin(path.name), "empty_file", f"{path.name} is empty", "Export it again.")],
        )
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    return _json(path, wanted) if text[:1] in (b"{", b"[") else _xml(path, wanted)


def _open(path: Path) -> IO[bytes]:
    magic = b""
    with path.open("rb") as stream:
        magic = stream.read(3)
    if magic[:2] == b"\x1f\x8b":
        return gzip.open(path)  # type: ignore[return-value]
    return bz2.open(path) if magic == b"BZh" else path.open("rb")


def _start(path: Path) -> bytes:
    with _open(path) as stream:
        return stream.read(4096)


class _Bounded(io.RawIOBase):
    """A stream that refuses to unpack without end."""

    def __init__(self, inner: IO[bytes]) -> None:
        self.inner, self.left = inner, MAX_UNPACKED

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self.inner.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        self.left -= len(data)
        if self.left < 0:
            raise OSError(f"it unpacks to more than {MAX_UNPACKED >> 30} GB")
        return data


def _xml(path: Path, wanted: Wanted) -> Extract:
    extract = Extract(file=path.name)
    for one in _scan(path, "relation", extract):
        if extract.wants(one, wanted):
            extract.take(one, Origin(path.name))
    members = {(t, i) for e in extract.elements.values() for t, i, _ in e.members}
    for one in _scan(path, "way", extract):
        if extract.wants(one, wanted) or ("way", one.id) in members:
            extract.take(one, Origin(path.name))
    needed = {node for e in extract.elements.values() for node in e.nodes} | {i for t, i in members if t == "node"}
    for one in _scan(path, "node", extract, lambda number, tags: number in needed or bool(wanted(tags))):
        if extract.wants(one, wanted):
            extract.take(one, Origin(path.name))
    return extract


def _scan(path: Path, kind: str, extract: Extract, placed: Placed | None = None) -> Iterator[Element]:
    try:
        with _open(path) as stream:
            events = etree.iterparse(
                _Bounded(stream), events=("start", "end"), resolve_entities=False, no_network=True,
                load_dtd=False, huge_tree=False,
            )  # fmt: skip
            root = None
            for event, item in events:
                if root is None:
                    root = _root(path, item)
                if event == "end" and item.getparent() is root:
                    if item.tag == kind:
                        yield from _element(path, item, kind, extract, placed)
                    item.clear()
                    while item.getprevious() is not None:
                        del root[0]
    except (etree.XMLSyntaxError, OSError, EOFError, zlib.error, ValueError) as error:
        raise SourceUnreadable(f"{path} is damaged or cut off: {str(error)[:200]}", fix="Export it again.") from error


def _root(path: Path, item: Any) -> Any:
    if item.getroottree().docinfo.doctype:
        raise SourceUnreadable(f"{path} has a DOCTYPE, which is not read", fix="Export it without a DOCTYPE.")
    if item.tag != "osm":
        raise SourceUnreadable(f"{path} is not OpenStreetMap XML: it begins with <{str(item.tag)[:40]}>")
    return item


def _element(path: Path, item: Any, kind: str, extract: Extract, placed: Placed | None) -> Iterator[Element]:
    row = item.sourceline
    try:
        number = int(item.get("id"))
        tags = {t.get("k"): t.get("v") for t in item.iter("tag") if t.get("k") and t.get("v") is not None}
        nodes = [int(n.get("ref")) for n in item.iter("nd")]
        members = [(m.get("type", ""), int(m.get("ref")), m.get("role", "")) for m in item.iter("member")]
        if placed is not None and placed(number, tags):
            extract.places[number] = _place(item.get("lon"), item.get("lat"))
    except (TypeError, ValueError) as error:
        extract.reject(f"a {kind} cannot be read: {str(error)[:120]}", Origin(path.name, row))
        return
    yield Element(kind, number, tags, nodes, members)


def _place(lon: Any, lat: Any) -> tuple[float, float]:
    x, y = float(lon), float(lat)
    if not (math.isfinite(x) and math.isfinite(y) and abs(x) <= 180 and abs(y) <= 90):
        raise ValueError(f"its place {lon!r} {lat!r} is not on earth")
    return round(x, DECIMALS), round(y, DECIMALS)


def _json(path: Path, wanted: Wanted) -> Extract:
    try:
        with _open(path) as stream:
            data = stream.read(MAX_DOCUMENT + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceUnreadable(f"{path} cannot be read: {error}") from error
    if len(data) > MAX_DOCUMENT:
        raise SourceUnreadable(f"{path} has more than {MAX_DOCUMENT >> 20} MB", fix="Export it in parts, or as .osm.")
    document = document_or_raise(path, RawFile(path.name, data))
    extract = Extract(file=path.name)
    if isinstance(document, Reject):
        extract.rejects.append(document)
        return extract
    if not isinstance(document, dict) or not isinstance(document.get("elements"), list):
        raise SourceUnreadable(f"{path} is no Overpass answer: it has no list `elements`")
    found: dict[str, Element] = {}
    for number, raw in enumerate(document["elements"], start=1):
        try:
            one = _overpass(raw, extract)
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            extract.reject(f"the element cannot be read: {str(error)[:120]}", Origin(f"{path.name}/elements", number))
            continue
        if one.ref in found:
            extract.reject(f"{one.ref} is there twice; the first is taken", Origin(f"{path.name}/elements", number))
        found.setdefault(one.ref, one)
    kept = {ref for ref, e in found.items() if extract.wants(e, wanted)}
    members = {f"{t}/{i}" for ref in kept for t, i, _ in found[ref].members}
    extract.elements = {ref: e for ref, e in found.items() if ref in kept or ref in members}
    return extract


def _overpass(raw: Any, extract: Extract) -> Element:
    if not isinstance(raw, dict) or raw.get("type") not in ("node", "way", "relation"):
        raise ValueError("an element is a node, way or relation")
    tags = {str(k): str(v) for k, v in (raw.get("tags") or {}).items()}
    one = Element(raw["type"], int(raw["id"]), tags)
    for ref in (one.ref, *tags, *tags.values()):
        ref.encode()
    if one.type == "node":
        extract.places[one.id] = _place(raw["lon"], raw["lat"])
    one.nodes = [int(n) for n in raw.get("nodes") or []]
    if one.type == "way" and raw.get("geometry"):
        if not one.nodes:
            raise ValueError("a way with geometry but without its nodes: ask Overpass for `out body geom`")
        for node, at in zip(one.nodes, raw["geometry"], strict=True):
            if at is not None:
                extract.places[node] = _place(at["lon"], at["lat"])
    one.members = [(str(m["type"]), int(m["ref"]), str(m.get("role", ""))) for m in raw.get("members") or []]
    return one
