"""What the beginning of a file says about its format: signatures of every format that a loader reads.

Only the first bytes are looked at, nothing is parsed: a damaged or hostile file costs no more than a good one.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

#: Bytes of a file that are looked at; entries of a zip.
HEAD, ENTRIES = 256 << 10, 200
SQLITE = b"SQLite format 3\0"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PROSE = (".md", ".rst", ".html", ".htm", ".toml", ".py", ".yaml", ".yml", ".log", ".js", ".css")
NODE_LINK = re.compile(r'"nodes"\s*:\s*\[')


@dataclass(frozen=True)
class Sign:
    """A loader that a file may be for: how sure (0 to 1), and why."""

    loader: str
    sure: float
    why: str


def signs_of(path: Path) -> list[Sign]:
    """The loaders that a file may be for, by its first bytes; none when it is empty or unknown.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    return signs_of_bytes(head, path.name, path)


def signs_of_bytes(head: bytes, name: str, path: Path | None = None) -> list[Sign]:
    """The same for the beginning of a file, called *name*; *path* where a zip can be looked into."""
    suffix = PurePosixPath(name).suffix.lower()
    if not head.strip(b"\0 \r\n\t"):
        return []
    if name.lower().endswith((".osm.gz", ".osm.bz2")) and head.startswith((b"\x1f\x8b", b"BZh")):
        return [Sign("osm", 0.9, "packed OpenStreetMap XML")]
    found = _binary(head, suffix, path)
    if found is not None:
        return found
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="replace").lstrip()
    if text.startswith("<"):
        return _xml(text)
    if text[:1] in "{[":
        return _json(text, name)
    if suffix in PROSE or re.match(r"(readme|licen[cs]e|notice|changelog)\b", name, re.IGNORECASE):
        return []
    return _text(text, suffix, name)


def _binary(head: bytes, suffix: str, path: Path | None) -> list[Sign] | None:
    if head.startswith(SQLITE):
        package = head[68:72] in (b"GPKG", b"GP10", b"GP11")
        return [Sign("gis", 0.98 if package else 0.7, "a GeoPackage" if package else "an SQLite database")]
    if head.startswith(b"fgb\x03"):
        return [Sign("gis", 0.99, "a FlatGeobuf file")]
    if head.startswith(b"\x00\x00\x27\x0a"):
        return [Sign("gis", 0.99, "a Shapefile")]
    if head.startswith(b"PAR1"):
        geo = b'"primary_column"' in head
        return [Sign("sheet", 0.9, "a Parquet file" + (" with geometries" if geo else ""))]
    if head.startswith(OLE):
        return [Sign("sheet", 0.85, "an old Excel workbook (.xls)")]
    if b"OSMHeader" in head[:64]:
        return [Sign("osm", 0.99, "OpenStreetMap data (.osm.pbf)")]
    if head.startswith(b"\x1f\x8b"):
        return []
    if head.startswith(b"PK\x03\x04"):
        return _zip(path) if path is not None else []
    mostly_text = head.count(b"\0") < len(head) / 100 or head[:2] in (b"\xff\xfe", b"\xfe\xff")
    return None if mostly_text else []


def _zip(path: Path) -> list[Sign]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
            if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
                return [Sign("sheet", 0.98, "an Excel workbook (.xlsx)")]
            if "content.xml" in names and "mimetype" in names:
                return [Sign("sheet", 0.95, "an OpenDocument spreadsheet (.ods)")]
            votes: dict[str, Sign] = {}
            for name in names[:ENTRIES]:
                if PurePosixPath(name).suffix.lower() in (".xml", ".rdf", ".json", ".geojson", ".zip", ".osm"):
                    with archive.open(name) as content:
                        head = content.read(HEAD)
                    for sign in signs_of_bytes(head, name):
                        if sign.loader not in votes or votes[sign.loader].sure < sign.sure:
                            votes[sign.loader] = Sign(sign.loader, sign.sure * 0.98, f"a zip with {sign.why} ({name})")
            return ranked(votes.values())
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError):
        return []


def _xml(text: str) -> list[Sign]:
    root = re.search(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s>/]", re.sub(r"<[?!][^>]*>", "", text))
    name = root[1] if root else ""
    if name == "RDF" and re.search(r"iec\.ch/TC57|ucaiug\.org|CIM-schema-cim|entsoe\.eu/CIM", text):
        if re.search(r"<\w+:(FullModel|DifferenceModel)\b|Model\.profile", text):
            return [Sign("cgmes", 0.97, "CIM RDF/XML with a model header (CGMES)"), Sign("cim", 0.3, "CIM RDF/XML")]
        return [Sign("cim", 0.92, "CIM RDF/XML without a CGMES model header"), Sign("cgmes", 0.4, "CIM RDF/XML")]
    if name == "graphml":
        return [Sign("graphml", 0.98, "GraphML")]
    if name in ("osm", "osmChange"):
        return [Sign("osm", 0.98, "OpenStreetMap XML")]
    if name in ("FeatureCollection", "kml") or "opengis.net/gml" in text:
        return [Sign("gis", 0.9, "KML" if name == "kml" else "GML features")]
    return []


def _json(text: str, name: str) -> list[Sign]:
    def has(pattern: str) -> bool:
        return re.search(pattern, text) is not None

    if has(r'"_module"\s*:\s*"pandapower') or has(r'"_class"\s*:\s*"pandapowerNet"'):
        return [Sign("pandapower", 0.99, "a pandapower network")]
    if has(r'"model"\s*:\s*"(dcim|circuits|ipam|tenancy|virtualization|extras|contenttypes|users|auth)\.\w+"'):
        return [Sign("netbox", 0.97, "a Django dump with NetBox models")]
    if has(r'"@odata\.(id|type)"\s*:\s*"[#/]') and has(r"redfish|#\w+\.v\d|/Chassis|PowerEquipment"):
        return [Sign("redfish", 0.96, "Redfish resources (@odata.id)")]
    if has(r'"elements"\s*:\s*\[') and (has("[Oo]verpass|osm3s") or has(r'"type"\s*:\s*"(node|way|relation)"')):
        return [Sign("osm", 0.95, "an Overpass answer")]
    if has(r'"networks"\s*:\s*\[') and has(r'"spans"|"nodes"|ofds|open-fibre'):
        return [Sign("ofds", 0.97, "an Open Fibre Data Standard package")]
    if has(r'"type"\s*:\s*"(FeatureCollection|Feature)"'):
        fibre = has(r'"network"\s*:\s*\{\s*"id"') or has("open-fibre-data-standard")
        found = [Sign("gis", 0.9 if not fibre else 0.6, "GeoJSON")]
        return [*([Sign("ofds", 0.92, "GeoJSON with OFDS networks")] if fibre else []), *found]
    if has(r"resourceInventory|resourceRelationship|resourceCharacteristic|resourceSpecification") or (
        has(r'"@type"\s*:\s*"\w*(Resource|Service)"') and has(r'"(href|category|place|serviceCharacteristic)"')
    ):
        return [Sign("tmf639", 0.94, "TM Forum resources or services")]
    if NODE_LINK.search(text) and has(r'"(edges|links)"\s*:\s*\[|"(directed|multigraph)"\s*:'):
        drawn = has(r'"pos"\s*:\s*\[') or has(r'"ecmp_fwd"|"dist"\s*:')
        first, second = Sign("topohub", 0.9, "node-link JSON with positions"), Sign("graphml", 0.7, "node-link JSON")
        return [first, second] if drawn else [second, Sign("topohub", 0.6, "node-link JSON")]
    return []


def _text(text: str, suffix: str, name: str) -> list[Sign]:
    if re.search(r"^\s*function\s+\w+\s*=|^\s*mpc\.(bus|version|baseMVA)\s*=", text, re.MULTILINE) and "mpc" in text:
        return [Sign("matpower", 0.97, "a MATPOWER case")]
    if re.search(r"^\s*graph\s*\[", text, re.MULTILINE) and re.search(r"\bnode\s*\[", text):
        return [Sign("graphml", 0.95, "a GML graph")]
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    counts = [max(line.count(sign) for sign in ",;\t|") for line in lines[:-1] or lines]
    wide = sum(count >= 1 for count in counts)
    if not lines or wide < max(1, len(counts) / 2):
        return [Sign("sheet", 0.3, "a text file, one column")] if suffix in (".csv", ".tsv") and lines else []
    if suffix == ".csv" and name.lower().startswith("netbox_"):
        return [Sign("netbox", 0.92, "a CSV called as NetBox exports them"), Sign("sheet", 0.7, "a CSV table")]
    header = lines[0].lower()
    if {"site", "rack", "role"} <= set(re.split(r"[,;\t]", header.replace('"', ""))):
        return [Sign("sheet", 0.6, "a CSV table"), Sign("netbox", 0.55, "a CSV with columns of a NetBox device list")]
    if suffix not in (".csv", ".tsv") and (len(set(counts)) > 1 or len(counts) < 2):
        return []
    return [Sign("sheet", 0.8 if suffix in (".csv", ".tsv") else 0.5, "a CSV table")]


def ranked(signs: Iterable[Sign]) -> list[Sign]:
    """The best sign of each loader, the surest first."""
    best: dict[str, Sign] = {}
    for sign in signs:
        if sign.loader not in best or best[sign.loader].sure < sign.sure:
            best[sign.loader] = sign
    return sorted(best.values(), key=lambda s: (-s.sure, s.loader))
