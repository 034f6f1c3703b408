"""Reading CIM RDF/XML (IEC 61970-552) as a stream: objects that are scattered over files become one object each.

``rdf:ID`` defines an object, ``rdf:about`` adds to one that is defined elsewhere (or defines it, in files without a
profile header). ``_x``, ``#_x`` and ``urn:uuid:x`` are the same id; UUIDs are compared without regard to case.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from loaders.rdf_files import BROKEN, Document, documents
from twin.errors import SourceUnreadable
from twin.model import Origin, Reject

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
ID, ABOUT, RESOURCE = f"{RDF}ID", f"{RDF}about", f"{RDF}resource"
UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")
#: Objects of one export, and properties of one object.
MAX_OBJECTS, MAX_PROPERTIES = 20_000_000, 100_000
#: Classes that say nothing about what an object is; a file with the definition says it.
GENERAL = {"Equipment", "ConductingEquipment", "PowerSystemResource", "IdentifiedObject"}
#: References of which an object may have several.
SEVERAL = {
    "Location.PowerSystemResources",
    "Asset.PowerSystemResources",
    "ACDCTerminal.OperationalLimitSet",
    "PowerElectronicsConnection.PowerElectronicsUnit",
    "Feeder.NormalHeadTerminal",
}
#: Words in the profile of a file that defines equipment, where ``rdf:about`` may define too.
DEFINING = ("equipment", "/eq/", "eqbd")


def same_id(raw: str) -> str:
    """An id without its prefix (``#``, ``_``, ``urn:uuid:``), a UUID in small letters."""
    text = raw.strip()
    if text.startswith("urn:uuid:"):
        text = text[9:]
    elif "#" in text:
        text = text.rpartition("#")[2]
    text = text.removeprefix("_")
    return text.lower() if UUID.fullmatch(text) else text


class Node:
    """One object: its class, where it is defined, texts and references by property, whose model it is in."""

    __slots__ = ("authority", "cls", "defined", "file", "id", "line", "refs", "values")

    def __init__(self, id: str, cls: str, origin: tuple[str, int], defined: bool, authority: str) -> None:
        self.id, self.cls, self.defined, self.authority = id, cls, defined, authority
        self.file, self.line = origin
        self.values: dict[str, str] = {}
        self.refs: dict[str, tuple[str, ...]] = {}

    def ref(self, name: str) -> str | None:
        """The (first) object that a property refers to."""
        found = self.refs.get(name)
        return found[0] if found else None

    def text(self, *names: str) -> str | None:
        """The first of these properties that is there, as text; of an enumeration the bare word."""
        return next((self.values[name] for name in names if name in self.values), None)

    @property
    def name(self) -> str | None:
        """Its ``IdentifiedObject.name``."""
        return self.values.get("IdentifiedObject.name") or None

    @property
    def native(self) -> str:
        """Its mRID, or else its id in the document; both without prefix."""
        return same_id(self.values.get("IdentifiedObject.mRID", "")) or self.id

    def origin(self, column: str | None = None) -> Origin:
        """Where it is defined."""
        return Origin(self.file, self.line, column)


class Missing(NamedTuple):
    """A reference to what is in no file: how often, and where first."""

    times: int
    origin: Origin


class Model:
    """All objects of the classes that were asked for, merged.

    Attributes:
        nodes: by id. classes: of every object that is defined, wanted or not. missing: what is referred to only.
        rejects: what cannot be taken. boundary: ids that a boundary set defines.
        files: documents that were read. objects: class -> how many definitions.
    """

    def __init__(self, classes: frozenset[str], properties: frozenset[str]) -> None:
        self._wanted, self._properties = classes | GENERAL, properties
        self.nodes: dict[str, Node] = {}
        self.classes: dict[str, str] = {}
        self.missing: dict[str, Missing] = {}
        self.rejects: list[Reject] = []
        self.boundary: set[str] = set()
        self.files: list[str] = []
        self._by_class: dict[str, list[Node]] = defaultdict(list)

    def of(self, *classes: str) -> Iterator[Node]:
        """The objects of these classes, class by class, each in the order of the files."""
        return chain.from_iterable(self._by_class.get(cls, ()) for cls in sorted(set(classes)))

    def get(self, id: str | None) -> Node | None:
        """The object, if it is one of a wanted class."""
        return self.nodes.get(id) if id else None

    def follow(self, node: Node | None, *path: str) -> Node | None:
        """The object at the end of a chain of references."""
        for name in path:
            node = self.get(node.ref(name)) if node else None
        return node

    # -- filling ----------------------------------------------------------------------------------------------------

    def add_document(self, document: Document) -> None:
        """Read one document.

        Raises:
            SourceUnreadable: it is not well-formed, not RDF, a difference model, or beyond a limit.
        """
        self.files.append(document.name)
        header = _Header()
        for element in _objects(document):
            cls = _local(element)
            if cls == "FullModel":
                header = _Header(element)
                continue
            if cls == "DifferenceModel":
                fix = "Give the full model; differences must be applied first."
                raise SourceUnreadable(f"{document.name} is a difference model", fix=fix)
            self._add(element, cls, document.name, header)
            if len(self.classes) > MAX_OBJECTS:
                raise SourceUnreadable(f"{document.name}: more than {MAX_OBJECTS:,} objects in one export")

    def _add(self, element: Any, cls: str, file: str, header: _Header) -> None:
        line = element.sourceline or 0
        raw, about = element.get(ID), element.get(ABOUT)
        id = same_id(raw or about or "")
        if not id:
            message = f"a {cls} has neither rdf:ID nor rdf:about"
            self._reject(Origin(file, line), "missing_value", message, "Give every object an id.")
            return
        defines = raw is not None or header.defines
        node = self.nodes.get(id)
        if defines:
            self._define(id, cls, node, Origin(file, line))
            if header.boundary:
                self.boundary.add(id)
        if node is None and cls in self._wanted:
            node = self.nodes[id] = Node(id, cls, (file, line), defines, header.authority)
        elif node is not None and defines and (not node.defined or node.cls in GENERAL):
            node.cls, node.file, node.line, node.defined, node.authority = cls, file, line, True, header.authority
        elif node is not None and node.cls in GENERAL and not node.defined:
            node.cls = cls
        self._read(element, node, file)

    def _define(self, id: str, cls: str, node: Node | None, origin: Origin) -> None:
        known = self.classes.get(id)
        if known is None or known in GENERAL:
            self.classes[id] = cls
        elif known != cls and cls not in GENERAL:
            message = f"{id} is a {known} in another place and a {cls} here"
            self._reject(origin, "conflicting_value", message, "One object is of one class: correct one of the files.")

    def _read(self, element: Any, node: Node | None, file: str) -> None:
        for number, child in enumerate(element):
            if number > MAX_PROPERTIES:
                raise SourceUnreadable(f"{file}: an object has more than {MAX_PROPERTIES:,} properties")
            name = _local(child)
            resource = child.get(RESOURCE)
            taken = node is not None and name in self._properties
            if resource is None:
                if taken and node is not None:
                    self._text(node, name, (child.text or "").strip(), child, file)
            elif (word := _enumeration(resource)) is not None:
                if taken and node is not None:
                    self._text(node, name, word, child, file)
            else:
                target = same_id(resource)
                self._refer(target, Origin(file, child.sourceline, name))
                if taken and node is not None and target not in node.refs.get(name, ()):
                    self._link(node, name, target, Origin(file, child.sourceline, name))

    def _text(self, node: Node, name: str, text: str, child: Any, file: str) -> None:
        known = node.values.setdefault(name, text)
        if known != text and not _equal(known, text):
            message = f"{name} of {node.id} is {known[:60]!r} in {node.file} or beside it, and {text[:60]!r} here"
            fix = "Leave out the file of another time or version, or correct one of the values."
            self._reject(Origin(file, child.sourceline, name), "conflicting_value", message, fix)

    def _link(self, node: Node, name: str, target: str, origin: Origin) -> None:
        known = node.refs.get(name, ())
        if known and name not in SEVERAL:
            message = f"{name} of {node.id} is {known[0]} in {node.file} or beside it, and {target} here"
            fix = "Leave out the file of another time or version, or correct one of the references."
            self._reject(origin, "conflicting_value", message, fix)
        else:
            node.refs[name] = (*known, target)

    def _refer(self, target: str, origin: Origin) -> None:
        if target not in self.classes:
            known = self.missing.get(target)
            if known is None:
                self.missing[target] = Missing(1, origin)
                return
            drawn = (known.origin.column or "").startswith("Diagram")  # a place in a drawing says least
            self.missing[target] = Missing(known.times + 1, origin if drawn else known.origin)

    def finish(self) -> None:
        """Once every document is in: references to nothing, and additions to nothing, become rejects."""
        for id in [id for id, node in self.nodes.items() if not node.defined]:
            node = self.nodes.pop(id)
            if id in self.missing:
                continue
            message = f"the file adds to {node.cls} {id}, which no file of the export defines"
            self._reject(node.origin(), "missing_reference", message, "Add the equipment (EQ) file that belongs to it.")
        self.missing = {id: one for id, one in self.missing.items() if id not in self.classes}
        for id, (count, origin) in self.missing.items():
            times = "once" if count == 1 else f"{count} times"
            message = f"{id} is referred to {times} (first as {origin.column}), and is in no file of the export"
            fix = (
                "Add the file that defines it; base voltages and border points are in the boundary set (EQ_BD, TP_BD)."
            )
            self._reject(origin, "missing_reference", message, fix)
        for id in [id for id, node in self.nodes.items() if node.cls not in self._wanted]:
            del self.nodes[id]
        for node in self.nodes.values():
            self._by_class[node.cls].append(node)

    def _reject(self, origin: Origin, code: str, message: str, fix: str) -> None:
        self.rejects.append(Reject(origin, code, message, fix))


class _Header:
    """What the header of a file says of its objects."""

    def __init__(self, element: Any = None) -> None:
        self.authority, self.boundary, self.defines = "", False, True
        if element is None:
            return
        profiles = []
        for child in element:
            if _local(child) == "Model.modelingAuthoritySet":
                self.authority = (child.text or "").strip()
            elif _local(child) == "Model.profile":
                profiles.append((child.text or "").strip().lower())
        self.boundary = any("boundary" in profile for profile in profiles)
        self.defines = not profiles or any(word in profile for profile in profiles for word in DEFINING)


def read_model(paths: Sequence[Path], classes: frozenset[str], properties: frozenset[str]) -> Model:
    """All documents at *paths* as one model.

    Args:
        paths: files, zips or folders. classes, properties: what is kept; the rest is only looked at for ids.

    Raises:
        SourceUnreadable: see :func:`loaders.rdf_files.documents` and :meth:`Model.add_document`.
    """
    model = Model(classes, properties)
    for document in documents(*paths):
        model.add_document(document)
    model.finish()
    return model


def _objects(document: Document) -> Iterator[Any]:
    """The children of the root, each freed when the next is asked for."""
    depth, inside = 0, 0
    try:
        events = etree.iterparse(
            document.stream,
            events=("start", "end"),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in events:
            if event == "start":
                depth += 1
                inside += 1
                if depth == 1:
                    _check_root(document.name, element)
                if inside > MAX_PROPERTIES:
                    raise SourceUnreadable(f"{document.name}: an object has more than {MAX_PROPERTIES:,} properties")
                continue
            depth -= 1
            if depth == 1:
                yield element
                inside = 0
                parent = element.getparent()
                element.clear()
                while parent is not None and len(parent) > 1:
                    del parent[0]
    except etree.LxmlError as error:
        text = str(error)[:300]
        raise SourceUnreadable(f"{document.name} is not well-formed XML, perhaps cut off: {text}") from error
    except BROKEN as error:
        raise SourceUnreadable(f"{document.name} cannot be read: {error}") from error


def _check_root(name: str, root: Any) -> None:
    if root.tag != f"{RDF}RDF":
        fix = "CIM exports are RDF/XML with the root rdf:RDF."
        raise SourceUnreadable(f"{name} is no RDF/XML: its root is {str(root.tag)[:100]}", fix=fix)
    if root.getroottree().docinfo.doctype:
        raise SourceUnreadable(f"{name} declares a document type; entities are not read")


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _enumeration(resource: str) -> str | None:
    """The bare word of an enumeration value (``...#SwitchKind.open`` -> ``open``), or None for a reference."""
    if not resource.startswith("http"):
        return None
    fragment = resource.rpartition("#")[2]
    if fragment.startswith("_") or UUID.fullmatch(fragment) or "." not in fragment:
        return None
    return fragment.rpartition(".")[2]


def _equal(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return one.lower() == other.lower()
