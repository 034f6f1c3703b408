"""The twin written back as tables: a folder that ``twin import`` reads into the same twin again.

There is one import for each source, one ``table`` rule for each stitch rule, and the schema files that the twin keeps.
What is written is read from the store, so no property and no digit is lost on the way through a snapshot.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import shapely
import shapely.geometry

from twin.errors import ApplyInProgress, EmptyTwin, InvalidParameter, StoreTransient
from twin.ingest.manifest import STITCH
from twin.ingest.rows import ASSET_OWN, FROM_AS, LINK_OWN, TO_AS, link_key
from twin.ingest.spool import Spool
from twin.ingest.stored import finding_of
from twin.ingest.view import STEP
from twin.snapshot.build import UNSUPPLIED

if TYPE_CHECKING:
    from twin.store import Store

ASSET_COLUMNS = ("id", "kind", "name", "lon", "lat", "wkt")
LINK_COLUMNS = ("from", "type", "to", "group", "need")
PAIR_COLUMNS = ("from", "to", "confidence", "distance_m")
#: What each link of a rule has of its own; all else is the same for all of them.
OWN = ("rule", "confidence", "distance_m")


@dataclass
class DumpReport:
    """What was written: the folder, revision, assets and links, sources and stitch rules, and what does not survive."""

    folder: Path
    revision: int
    assets: int
    links: int
    sources: list[str]
    rules: list[str]
    notes: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**self.__dict__, "folder": str(self.folder)}


@dataclass
class _Rule:
    """What the links of one stitch rule have in common, and the kinds at their ends."""

    name: str
    how: tuple[Any, ...]
    kinds: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))


class _Dump:
    def __init__(self, store: Store, spool: Spool) -> None:
        self._store = store
        self._spool = spool
        self._columns: dict[str, set[str]] = {}
        self._kinds: dict[str, str] = {}
        self._rules: dict[str, _Rule] = {}
        self.assets = self.links = 0

    def read(self, last: int) -> None:
        """Everything of the store into the spool, by source."""
        for item in self._chunks("ingest.content_assets", last):
            self._asset(item[1])
        for items in self._blocks("ingest.content_links", last):
            for source, type_, start, end, held in _in_order(items):
                self._link(source, type_, start, end, held)

    def _blocks(self, query: str, last: int) -> Iterator[list[Any]]:
        for low in range(0, last, STEP):
            for row in self._store.rows(query, starts=[low], step=STEP):
                yield row["items"]

    def _chunks(self, query: str, last: int) -> Iterator[Any]:
        for items in self._blocks(query, last):
            yield from items

    def _asset(self, held: dict[str, Any]) -> None:
        self.assets += 1
        source = held["source"]
        self._kinds[held["id"]] = held["kind"]
        own = {name: value for name, value in held.items() if name not in ASSET_OWN}
        shape, place = held.get("geometry"), held.get("location")
        lon, lat = (None, None) if place is None or shape is not None else (float(place[0]), float(place[1]))
        wkb = None if shape is None else bytes(shape)
        row = (held["native_id"], held["kind"], held.get("name"), lon, lat, wkb, own)
        self._columns.setdefault(f"assets.{source}", set()).update(own)
        self._spool.add(f"assets.{source}", row)

    def _link(self, source: str, type_: str, start: str, end: str, held: dict[str, Any]) -> None:
        self.links += 1
        own = {name: value for name, value in held.items() if name not in (*LINK_OWN, FROM_AS, TO_AS)}
        group, need = held.get("group"), held.get("need")
        if source == STITCH:
            self._stitched(type_, start, end, group, need, own)
            return
        ends = [self._end(source, end) for end in (start, end)]
        self._columns.setdefault(f"links.{source}", set()).update(own)
        self._spool.add(f"links.{source}", (ends[0], type_, ends[1], group, need, own))

    def _end(self, source: str, full: str) -> str:
        """An end as an import of *source* has to say it. Raises InvalidParameter: it would be taken for another."""
        text = full.removeprefix(f"{source}:")
        if text == full and f"{source}:{full}" in self._kinds:
            raise InvalidParameter(
                f"{source} has an asset {full!r} of its own, so a link of it to the one of the other source cannot be"
                " written down",
                fix="Rename one of them: twin rename",
            )
        return text

    def _stitched(
        self, type_: str, start: str, end: str, group: str | None, need: str | None, own: dict[str, Any]
    ) -> None:
        name = own["rule"]
        fixed = {key: value for key, value in own.items() if key not in OWN}
        how = (type_, group, need, sorted(fixed.items()))
        rule = self._rules.setdefault(name, _Rule(name, how))
        if rule.how != how:
            raise InvalidParameter(
                f"the links of the stitch rule {name!r} differ in more than their ends",
                fix="Import with the rule again, so that all of them are made alike.",
            )
        for kinds, id_ in zip(rule.kinds, (start, end), strict=True):
            kinds.add(self._kinds[id_])
        self._spool.add(f"rules.{name}", (start, end, own.get("confidence"), own.get("distance_m")))

    def write(self, folder: Path, name: str, schema: Iterable[tuple[str, str]]) -> list[str]:
        """All tables and the manifest. Returns the sources."""
        files = [_schema_file(folder, number, *file) for number, file in enumerate(schema, 1)]
        lines = ["# Written by `twin export tables`; read it again with: twin import THIS_FOLDER", "", "[twin]"]
        lines.append(f"name = {_quoted(name)}")
        lines += [f"schema = {_quoted(files)}"] if files else []
        sources = sorted({stream.partition(".")[2] for stream in self._columns})
        for source in sources:
            lines += ["", "[[import]]", f"source = {_quoted(source)}", 'loader = "tables"']
            lines.append(f"path = {_quoted(f'sources/{source}')}")
            lines += self._tables(folder / "sources" / source, source)
        for rule in sorted(self._rules.values(), key=lambda rule: rule.name):
            lines += self._rule(folder, rule)
        (folder / "twin.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return sources

    def _tables(self, folder: Path, source: str) -> list[str]:
        """The two tables of a source; the options that the manifest needs where one of them is empty."""
        folder.mkdir(parents=True)
        options = {}
        for what, fixed in (("assets", ASSET_COLUMNS), ("links", LINK_COLUMNS)):
            stream = f"{what}.{source}"
            if not self._spool.count(stream):
                options[what] = ""
                continue
            more = sorted(self._columns[stream])
            rows = (_with_wkt(row) if what == "assets" else row for row in self._spool.rows(stream))
            _write(folder / f"{what}.csv", (*fixed, *more), (_cells(row, more) for row in rows))
        return [f"options = {{ {', '.join(f'{key} = {_quoted(v)}' for key, v in options.items())} }}"] * bool(options)

    def _rule(self, folder: Path, rule: _Rule) -> list[str]:
        type_, group, need, fixed = rule.how
        (folder / "rules").mkdir(exist_ok=True)
        path = folder / "rules" / f"{rule.name}.csv"
        _write(path, PAIR_COLUMNS, (map(_cell, row) for row in self._spool.rows(f"rules.{rule.name}")))
        lines = ["", "[[stitch]]", f"name = {_quoted(rule.name)}", 'rule = "table"', f"link = {_quoted(type_)}"]
        for side, kinds in zip(("from", "to"), rule.kinds, strict=True):
            lines.append(f"{side} = {{ kind = {_quoted(sorted(kinds))} }}")
        lines.append(f"path = {_quoted(f'rules/{rule.name}.csv')}")
        lines += [f"group = {_quoted(group)}"] if group is not None else []
        lines += [f"need = {_quoted(need)}"] if need is not None else []
        pairs = ", ".join(f"{key} = {_quoted(value)}" for key, value in fixed)
        lines += [f"properties = {{ {pairs} }}"] if fixed else []
        return [*lines, 'unmatched = "ignore"']


def dump_tables(store: Store, folder: Path, name: str = "") -> DumpReport:
    """Write the published state of the twin into *folder*, whole or not at all.

    Args:
        folder: a new or an empty one. name: of the manifest, by default the folder's.

    Raises:
        InvalidParameter: the folder is not empty, or something cannot be said in tables. EmptyTwin: there is nothing.
        ApplyInProgress: an import is being applied. StoreTransient: the twin changed meanwhile. StoreError.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidParameter(f"{folder} is there and not empty", fix="Name a new folder.")
    if not folder.parent.is_dir():
        raise InvalidParameter(f"{folder.parent} is not a folder", fix="Make it first, or choose another.")
    before = store.state()
    if before.applying:
        raise ApplyInProgress(f"The import run {before.applying} is being applied", run=before.applying)
    with ExitStack() as opened:
        dump = _Dump(store, opened.enter_context(Spool()))
        dump.read(int(store.rows("ingest.state")[0]["next_ord"]) if before.revision else 0)
        if not dump.assets:
            raise EmptyTwin("Nothing has been imported yet")
        notes = _lost(store)
        scratch = opened.enter_context(tempfile.TemporaryDirectory(prefix=".twin-", dir=folder.parent))
        made = Path(scratch) / "tables"
        made.mkdir()
        sources = dump.write(made, name or folder.name, before.schema)
        if store.state() != before:
            raise StoreTransient("the twin changed while it was written out", fix="Try again when the import is done.")
        with suppress(FileNotFoundError):
            folder.rmdir()
        made.rename(folder)
    return DumpReport(folder, before.revision, dump.assets, dump.links, sources, sorted(dump._rules), notes)


def _lost(store: Store) -> list[str]:
    """What tables cannot say and answers rest on: assets that an import left without a supplier."""
    found = [finding_of(row) for row in store.rows("ingest.findings")]
    ids = sorted({name for finding in found if finding.code in UNSUPPLIED for name in finding.assets})
    if not ids:
        return []
    more = f" and {len(ids) - 5:,} more" if len(ids) > 5 else ""
    return [
        "An import left these assets without a supplier; the tables do not say so, and a twin made of them takes those "
        f"for sources whose kind requires no supply: {', '.join(ids[:5])}{more}"
    ]


def _in_order(items: list[Any]) -> Iterator[tuple[str, str, str, str, dict[str, Any]]]:
    """(source, type, from, to, properties); links that agree in ends, type and group in the order of their keys."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for start, type_, end, held in items:
        at = (held["source"], type_, start, end, held.get("group") or "", held.get("rule") or "")
        groups.setdefault(at, []).append(held)
    for (source, type_, start, end, group, rule), same in groups.items():
        if len(same) > 1:
            keys = [link_key(start, type_, end, group, i, rule) for i in range(len(same))]
            place = {key: i for i, key in enumerate(keys)}
            same.sort(key=lambda held: (place.get(held["key"], len(place)), held["key"]))
        for held in same:
            yield source, type_, start, end, held


def _with_wkt(row: tuple[Any, ...]) -> tuple[Any, ...]:
    native, kind, name, lon, lat, wkb, own = row
    wkt = None if wkb is None else exact_wkt(shapely.from_wkb(wkb))
    return native, kind, name, lon, lat, wkt, own


def exact_wkt(shape: Any) -> str:
    """A geometry as WKT from which the same coordinates are read, to the last bit; GEOS rounds them to 16 digits."""
    if hasattr(shape, "geoms") and shape.geom_type == "GeometryCollection":
        return f"GEOMETRYCOLLECTION ({', '.join(map(exact_wkt, shape.geoms))})"
    said = _nested(shapely.geometry.mapping(shape)["coordinates"])
    return f"{shape.geom_type.upper()} {f'({said})' if shape.geom_type == 'Point' else said}"


def _nested(part: Any) -> str:
    if isinstance(part[0], float):
        return " ".join(map(repr, part))
    return f"({', '.join(map(_nested, part))})"


def _cells(row: tuple[Any, ...], more: list[str]) -> Iterator[str]:
    *fixed, own = row
    yield from map(_cell, fixed)
    yield from (_cell(own.get(name)) for name in more)


def _cell(value: Any) -> str:
    """A value as the loader ``tables`` reads it back: every digit of a number, words for yes and no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _write(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        _rows(file, header, rows)


def _rows(file: TextIO, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)


def _quoted(value: Any) -> str:
    """A value as TOML has it."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _schema_file(folder: Path, number: int, name: str, text: str) -> str:
    """A kept schema file under its own name: that is how newer versions of it are told."""
    (folder / "schema").mkdir(exist_ok=True)
    path = folder / "schema" / Path(name).name
    if path.exists() or not path.suffix:
        path = path.with_name(f"{number}-{path.stem}.toml")
    path.write_text(text, encoding="utf-8")
    return f"schema/{path.name}"
