"""``twin import --guess``: which loader an export is for, by its content, with a manifest entry to start from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loaders.guess_signs import Sign, ranked, signs_of
from loaders.starter import starter
from loaders.starter_words import slug
from twin.errors import SourceUnreadable, TwinError
from twin.schema import Schema

#: Files of a folder that are looked at.
MAX_FILES = 400
#: Formats by loader, for the answer when nothing is recognised.
FORMATS = {
    "tables": "a folder with assets.csv and links.csv",
    "sheet": "CSV, Excel (.xlsx, .xls), OpenDocument (.ods), Parquet",
    "gis": "GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GML, KML",
    "pypsa": "a PyPSA CSV folder (buses.csv, lines.csv, ...)",
    "topohub": "node-link JSON of TopoHub or networkx",
    "graphml": "GraphML, GML, node-link JSON",
    "cgmes": "CGMES RDF/XML, files or zip",
    "cim": "distribution CIM RDF/XML",
    "pandapower": "pandapower JSON",
    "matpower": "MATPOWER .m",
    "simbench": "a SimBench CSV folder (Node.csv, Line.csv, ...)",
    "netbox": "NetBox dumpdata JSON or CSV exports",
    "redfish": "Redfish JSON tree",
    "ofds": "Open Fibre Data Standard: JSON, GeoJSON, CSV",
    "tmf639": "TM Forum TMF639/TMF638 JSON",
    "osm": "OpenStreetMap .osm.pbf, .osm, Overpass JSON",
}
#: Files that make a folder one format: (loader, sure, files that are all there, why).
FOLDERS: tuple[tuple[str, float, tuple[str, ...], str], ...] = (
    ("tables", 0.98, ("assets.csv", "links.csv"), "assets.csv and links.csv"),
    ("tables", 0.7, ("assets.csv",), "assets.csv"),
    ("pypsa", 0.97, ("buses.csv", "lines.csv"), "buses.csv and lines.csv, as PyPSA writes them"),
    ("pypsa", 0.9, ("buses.csv", "generators.csv"), "buses.csv and generators.csv, as PyPSA writes them"),
    ("pypsa", 0.85, ("buses.csv", "network.csv"), "buses.csv and network.csv, as PyPSA writes them"),
    ("simbench", 0.97, ("Node.csv", "Line.csv"), "Node.csv and Line.csv, as SimBench writes them"),
    ("netbox", 0.97, ("netbox_devices.csv", "netbox_sites.csv"), "netbox_devices.csv and netbox_sites.csv"),
    ("ofds", 0.93, ("nodes.csv", "spans.csv"), "nodes.csv and spans.csv, as OFDS tables are called"),
)


#: How sure a loader is that a path is for it, from 0 to 1; None or 0 when it is not.
Recognises = Callable[[Path], float | None]


@dataclass(frozen=True)
class Guess:
    """A loader that an export may be for.

    Attributes:
        loader: its name. sure: from 0 to 1. why: what was seen. installed: whether there is such a loader here.
    """

    loader: str
    sure: float
    why: str
    installed: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The guess as plain data."""
        return asdict(self)


def guess(path: Path, installed: list[str], others: Mapping[str, Recognises] | None = None) -> list[Guess]:
    """The loaders that the export at *path* may be for, the surest first.

    Args:
        path: file or folder. installed: names of the loaders that can be used.
        others: loader -> its own ``recognises``, of loaders that are not ours.

    Raises:
        SourceUnreadable: it does not exist, or nothing is recognised.
    """
    if not path.exists():
        raise SourceUnreadable(f"{path} does not exist", fix="Check the path.")
    try:
        signs = _folder(path) if path.is_dir() else signs_of(path)
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be read: {error.strerror or error}") from error
    if path.is_file() and path.name in ("assets.csv", "links.csv") and _header(path) & {"id", "from"}:
        signs = [Sign("tables", 0.9, f"{path.name} with the columns of the loader tables"), *signs]
    signs = [*signs, *_asked(path, others or {})]
    found = [Guess(s.loader, round(s.sure, 2), s.why, s.loader in installed) for s in ranked(signs)]
    if not found:
        known = "; ".join(f"{name}: {what}" for name, what in FORMATS.items() if name in installed)
        empty = path.is_file() and path.stat().st_size == 0
        what = "is empty" if empty else "is of no format that is known"
        raise SourceUnreadable(
            f"{path} {what}. Loaders read {known}",
            fix="Give the file or folder of one export; name the loader yourself with --loader.",
            loaders=installed,
        )
    return found


def recognising(load: Callable[[str], Any], names: list[str]) -> dict[str, Recognises]:
    """The method ``recognises(path)`` of each of these loaders that has one; *load* gives a loader by name."""
    found: dict[str, Recognises] = {}
    for name in names:
        try:
            method = getattr(load(name), "recognises", None)
        except TwinError:
            continue
        if callable(method):
            found[name] = method
    return found


def _asked(path: Path, others: Mapping[str, Recognises]) -> Iterator[Sign]:
    """What loaders of other packages say; one that fails says nothing."""
    for name, recognises in others.items():
        try:
            sure = min(max(float(recognises(path) or 0), 0.0), 1.0)
        except Exception:  # of somebody else's code, about a file that is perhaps not for it
            sure = 0.0
        if sure:
            yield Sign(name, sure, "the loader recognises it")


def _header(path: Path) -> set[str]:
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        return {cell.strip(' "\r\n') for cell in stream.readline(10_000).split(",")}


def _folder(path: Path) -> list[Sign]:
    """A folder by the names of its files, else by what most of them are."""
    if path.suffix.lower() == ".gdb" and any(path.glob("*.gdbtable")):
        return [Sign("gis", 0.97, "a file geodatabase")]
    here = {p.name for p in path.iterdir() if p.is_file()}
    named = [Sign(loader, sure, f"a folder with {why}") for loader, sure, files, why in FOLDERS if here >= set(files)]
    files = []
    for file in path.rglob("*"):
        if file.is_file() and not file.name.startswith("."):
            files.append(file)
            if len(files) == MAX_FILES:
                break
    votes: dict[str, list[Sign]] = {}
    for file in sorted(files):
        try:
            best = ranked(signs_of(file))
        except OSError:
            continue
        for sign in best:
            votes.setdefault(sign.loader, []).append(sign)
    for loader, signs in votes.items():
        sure = max(s.sure for s in signs)
        share = len(signs) / max(len(files), 1)
        if loader in ("sheet", "gis") and not any(file.parent == path for file in files):
            share /= 2  # these read the folder itself, not what is below it
        why = f"{len(signs):,} of {len(files):,} files: {signs[0].why}"
        named.append(Sign(loader, sure * (0.6 + 0.35 * share), f"a folder with {why}"))
    return named


def entry(path: Path, found: Guess, schema: Schema, source: str | None = None, shown: str | None = None) -> str:
    """A manifest entry (TOML with comments) for the best guess; with a mapping where the loader needs one.

    Raises:
        SourceUnreadable: the mapping needs a file that cannot be read.
    """
    seen = f"# Seen: {found.why}. Loader {found.loader}, {found.sure:.0%} sure.\n"
    if found.loader in ("gis", "sheet"):
        return seen + starter(path, found.loader, schema, source, shown)
    text = json.dumps(shown or str(path), ensure_ascii=False)
    lines = ["[[import]]", f'source = "{source or slug(path.stem)}"', f'loader = "{found.loader}"', f"path = {text}"]
    lines.append(f"# Options: twin loaders {found.loader}")
    return seen + "\n".join(lines) + "\n"
