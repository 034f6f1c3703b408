"""What an OFDS publication holds, whatever its form: networks with their nodes and spans, each with its origin.

JSON packages, GeoJSON collections and CSV tables all end as the objects of the JSON schema, with two freedoms: a
span's ``start`` and ``end`` may be node objects (GeoJSON), and geometry may be WKT (CSV).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from loaders.csvfile import CsvFile
from loaders.fields import text_of
from loaders.jsonfiles import RawFile, input_files, parse_json, raw_files
from twin.errors import SourceUnreadable
from twin.model import Origin, Reject

JSON_SUFFIXES = (".json", ".geojson", ".jsonl")
FIX_FORMAT = "Give an OFDS package (JSON), its GeoJSON files, or the folder with nodes.csv and spans.csv."
#: Links of a network that say where its nodes and spans are.
ELSEWHERE = {"nodesFile": "nodes", "spansFile": "spans", "nodesAPI": "nodes", "spansAPI": "spans"}
#: Tables of the CSV form that add lists to the rows of another one.
CHILDREN = (
    ("nodes", "networkProviders"),
    ("nodes", "internationalConnections"),
    ("spans", "networkProviders"),
)
LISTS = ("type", "technologies", "transmissionMedium", "deployment", "countries")


class Entry(NamedTuple):
    """One node or span as the JSON schema has it, and where it stands."""

    body: dict[str, Any]
    origin: Origin


@dataclass
class Network:
    """One network; ``phases`` and ``organisations`` have the ids that it lists, None where it lists none."""

    id: str
    origin: Origin
    name: str = ""
    crs: Any = None
    nodes: list[Entry] = field(default_factory=list)
    spans: list[Entry] = field(default_factory=list)
    phases: set[str] | None = None
    organisations: set[str] | None = None


class Publication:
    """Collects the networks of an export; ``rejects`` fills with what cannot be understood."""

    def __init__(self) -> None:
        self.networks: dict[str, Network] = {}
        self.rejects: list[Reject] = []
        self.lines: dict[str, list[Entry]] = {}  # name of a file of nodes or spans -> its entries
        self.used: set[str] = set()

    def network(self, raw: Any, origin: Origin) -> Network | None:
        """The network with the id of *raw*, made when it is new; None without an id."""
        native = text_of(raw.get("id")) if isinstance(raw, dict) else ""
        if not native:
            fix = "Give the network an id (a UUID that stays the same)."
            self.reject(origin, "missing_value", "the network has no id", fix)
            return None
        if native not in self.networks:
            self.networks[native] = Network(native, origin)
        made = self.networks[native]
        made.name, made.crs = made.name or text_of(raw.get("name")), made.crs or raw.get("crs")
        for member in ("phases", "organisations"):
            if isinstance(raw.get(member), list):
                ids = {text_of(one.get("id")) for one in raw[member] if isinstance(one, dict)}
                setattr(made, member, (getattr(made, member) or set()) | ids)
        return made

    def reject(self, origin: Origin, code: str, message: str, fix: str) -> None:
        """Note what cannot be taken."""
        self.rejects.append(Reject(origin, code, message, fix))

    def package(self, file: str, document: dict[str, Any]) -> None:
        """A package of networks, or one network."""
        many = document.get("networks", [document])
        if not isinstance(many, list):
            self.reject(Origin(file, None, "networks"), "wrong_type", "networks is a list", FIX_FORMAT)
            return
        for number, raw in enumerate(many, start=1):
            origin = Origin(f"{file}/networks", number)
            made = self.network(raw, origin)
            if made is None:
                continue
            for member, entries in (("nodes", made.nodes), ("spans", made.spans)):
                given = raw.get(member, [])
                where = f"{file}/networks/{number}/{member}"
                if not isinstance(given, list):
                    self.reject(Origin(where), "wrong_type", f"{member} is a list", "Mend the network.")
                    continue
                entries.extend(self._entries(where, given))
            self._elsewhere(made, raw, origin)
        self._pages(file, document)

    def _entries(self, where: str, given: list[Any]) -> Iterator[Entry]:
        for number, body in enumerate(given, start=1):
            origin = Origin(where, number)
            if isinstance(body, dict):
                yield Entry(body, origin)
            else:
                self.reject(origin, "bad_row", "a node or span is an object", "Mend the entry, or leave it out.")

    def _elsewhere(self, network: Network, raw: dict[str, Any], origin: Origin) -> None:
        links = raw.get("links")
        for one in links if isinstance(links, list) else []:
            rel = text_of(one.get("rel")).rsplit(":", 1)[-1] if isinstance(one, dict) else ""
            if rel not in ELSEWHERE:
                continue
            href = text_of(one.get("href"))
            name = PurePosixPath(href).name
            member = ELSEWHERE[rel]
            if name in self.lines:
                getattr(network, member).extend(self.lines[name])
                self.used.add(name)
            elif not raw.get(member):
                message = f"the {member} of the network are at {href[:200]}, which is not in the export"
                self.reject(origin, "missing_end", message, "Fetch them, and put the file beside this one.")

    def _pages(self, file: str, document: dict[str, Any]) -> None:
        links = document.get("links")
        if isinstance(links, dict) and links.get("next"):
            message = f"this is one page of several; the next one is {text_of(links['next'])[:200]}"
            self.reject(Origin(file, None, "links"), "missing_end", message, "Fetch all pages.")

    def features(self, file: str, document: dict[str, Any]) -> None:
        """A GeoJSON collection of nodes, of spans, or of both."""
        features = document.get("features")
        if not isinstance(features, list):
            self.reject(Origin(file, None, "features"), "wrong_type", "features is a list", FIX_FORMAT)
            return
        for number, feature in enumerate(features, start=1):
            self._feature(feature, Origin(f"{file}/features", number))
        self._pages(file, document)

    def _feature(self, feature: Any, origin: Origin) -> None:
        body = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(body, dict):
            self.reject(origin, "bad_row", "a feature is an object with properties", "Mend the feature.")
            return
        geometry = feature.get("geometry")
        shape = geometry.get("type") if isinstance(geometry, dict) else None
        kind = body.get("featureType", {"Point": "node", "LineString": "span"}.get(text_of(shape)))
        if kind not in ("node", "span"):
            message = f"featureType is node or span, not {text_of(kind)[:60]!r}"
            self.reject(origin._replace(column="featureType"), "unknown_kind", message, "Say which it is.")
            return
        made = self.network(body.get("network"), origin._replace(column="network/id"))
        if made is not None:
            place = {"location": geometry} if kind == "node" else {"route": geometry}
            (made.nodes if kind == "node" else made.spans).append(Entry({**body, **place}, origin))


def read_publication(path: Path) -> Publication:
    """The networks of an export: a JSON or GeoJSON file, a zip of those, or a folder of them or of CSV tables.

    Raises:
        SourceUnreadable: the path is missing or damaged, or holds nothing of OFDS.
    """
    made = Publication()
    tables = _tables(path)
    if tables:
        _read_tables(made, tables)
    else:
        documents = [_document(raw, made) for raw in raw_files(path, JSON_SUFFIXES)]
        for file, document in (one for one in documents if one):
            if document.get("type") == "FeatureCollection":
                made.features(file, document)
            else:
                made.package(file, document)
        for name in sorted(made.lines.keys() - made.used):
            message = f"no network says that {name} is its file of nodes or spans"
            made.reject(Origin(name), "missing_end", message, "Put the file with the network beside it.")
    if not any(network.nodes or network.spans for network in made.networks.values()) and not made.rejects:
        if made.networks:
            fix = "Publish nodes and spans with the network, or fetch them."
            made.reject(Origin(path.name), "empty_file", "no network has a node or a span", fix)
            return made
        raise SourceUnreadable(f"{path} holds no network of OFDS", fix=FIX_FORMAT)
    return made


def publication_files(path: Path) -> list[Path]:
    """The files whose content decides what is read."""
    tables = _tables(path)
    return sorted(tables.values()) if tables else input_files(path, JSON_SUFFIXES)


def _document(raw: RawFile, made: Publication) -> tuple[str, dict[str, Any]] | None:
    name = PurePosixPath(raw.name)
    if name.suffix.lower() == ".jsonl":
        made.lines[name.name] = list(_lines(raw, made))
        return None
    document = parse_json(raw.name, raw.data)
    if isinstance(document, Reject):
        if document.code == "bad_row":
            raise SourceUnreadable(document.message)
        made.rejects.append(document)
        return None
    if isinstance(document, list):
        document = {"networks": document}
    if not isinstance(document, dict) or not {"networks", "features", "nodes", "spans", "id"} & document.keys():
        raise SourceUnreadable(f"{raw.name} holds no network of OFDS", fix=FIX_FORMAT)
    for member in ("nodes", "spans"):
        if member in document and "id" not in document and "networks" not in document:
            message = f"the {member} stand without their network"
            made.reject(Origin(raw.name, None, member), "missing_value", message, "Put them into their network.")
            return None
    return raw.name, document


def _lines(raw: RawFile, made: Publication) -> Iterator[Entry]:
    for number, line in enumerate(raw.data.split(b"\n"), start=1):
        if not line.strip():
            continue
        body = parse_json(raw.name, line)
        if isinstance(body, dict):
            yield Entry(body, Origin(raw.name, number))
        else:
            message = body.message if isinstance(body, Reject) else "a node or span is an object"
            made.reject(Origin(raw.name, number), "bad_row", message, "Mend the line.")


def _tables(path: Path) -> dict[str, Path]:
    """The CSV tables of a folder by name, empty where there are none of nodes or spans."""
    if path.is_file() and path.suffix.lower() == ".csv":
        path = path.parent
    found = {file.stem: file for file in path.glob("*.csv")} if path.is_dir() else {}
    return found if "nodes" in found or "spans" in found else {}


def _read_tables(made: Publication, tables: dict[str, Path]) -> None:
    rows: dict[str, list[Entry]] = {}
    for name in sorted(tables):
        rows[name] = list(_rows(made, tables[name], name.split("_")[0]))
    for parent, member in CHILDREN:
        owners = {(e.body["network"], text_of(e.body.get("id"))): e for e in rows.get(parent, [])}
        for entry in rows.get(f"{parent}_{member}", []):
            owner = owners.get((entry.body["network"], text_of(entry.body.get("id"))))
            if owner is None:
                message = f"there is no row of {parent} with this id"
                made.reject(entry.origin, "missing_end", message, f"Add it to {parent}.csv, or correct the id.")
            else:
                owner.body.setdefault(member, []).append(entry.body.get(member, {}))
    for name in ("networks", "nodes", "spans", "phases", "organisations"):
        for entry in rows.get(name, []):
            native = entry.body["network"]
            members: dict[str, Any] = {"id": native}
            if name == "networks":
                members |= {"name": entry.body.get("name"), "crs": entry.body.get("crs")}
            elif name in ("phases", "organisations"):
                members[name] = [{"id": entry.body.get("id")}]
            network = made.network(members, entry.origin)
            if network is not None and name in ("nodes", "spans"):
                getattr(network, name).append(entry)


def _rows(made: Publication, path: Path, name: str) -> Iterator[Entry]:
    """The rows of one table as objects; columns are JSON pointers such as ``spans/0/phase/id``."""
    table = CsvFile(path, path.name)
    made.rejects.extend(table.problems)
    if table.header and table.header[0] != "id":
        fix = "The first column of every OFDS table is id, the network's."
        raise SourceUnreadable(f"{path.name} has no column id in front", fix=fix)
    for row in table.rows():
        if isinstance(row, Reject):
            made.rejects.append(row)
            continue
        number, cells = row
        body: dict[str, Any] = {"network": cells[0].strip()}
        for column, cell in zip(table.header[1:], cells[1:], strict=True):
            if cell.strip():
                _put(body, column.removeprefix(f"{name}/0/"), cell)
        yield Entry(body, Origin(path.name, number))


def _put(body: dict[str, Any], pointer: str, cell: str) -> None:
    parts = [part for part in pointer.split("/") if part != "0"]
    for part in parts[:-1]:
        inner = body.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        body = inner
    if parts:
        body[parts[-1]] = [one.strip() for one in cell.split(";")] if parts[-1] in LISTS else cell
