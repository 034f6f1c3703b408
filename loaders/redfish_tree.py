"""The resources of a Redfish service as files hold them: found, named by their URI, and their references resolved.

A resource is named by where its file lies (a folder), or by its ``@odata.id`` (a bundle): mockups are known to
carry a wrong ``@odata.id`` in the right place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from loaders.fields import text_of
from loaders.jsonfiles import parse_json, raw_files
from twin.errors import SourceUnreadable
from twin.model import Origin, Reject

ROOT = "redfish/v1"
#: Types whose parts lie below them.
OWNERS = ("Chassis", "ComputerSystem", "CoolingUnit", "CoolingLoop", "PowerDistribution")
#: Old ``Power`` and ``Thermal`` resources hold these in themselves: list -> type of its entries.
INLINE = {"Power": {"PowerSupplies": "PowerSupply"}, "Thermal": {"Fans": "Fan"}}
TYPE = re.compile(r"#?([A-Za-z0-9]+)(\.|\Z)")
FIX_FORMAT = "Give the root folder of a Redfish tree (index.json in each folder), a zip of it, or one JSON bundle."


class Ref(NamedTuple):
    """Where a reference leads: ``host`` is empty inside the service; ``key`` is the URI without /redfish/v1/."""

    host: str
    key: str


@dataclass
class Resource:
    """One resource: its key (URI without ``/redfish/v1/``), type without version, members and file."""

    key: str
    type: str
    body: dict[str, Any]
    file: str

    def at(self, path: str) -> Any:
        """The member at a dotted *path*, None when it is not there."""
        value: Any = self.body
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def refs(self, path: str) -> Iterator[tuple[str, Ref | None]]:
        """References at a dotted *path*, one or a list, each with its column; None where it is none."""
        value = self.at(path)
        if value is None:
            return
        many = value if isinstance(value, list) else [value]
        for number, one in enumerate(many):
            column = f"{path}/{number}" if isinstance(value, list) else path
            uri = one.get("@odata.id") if isinstance(one, dict) else None
            yield column, parse_ref(uri) if isinstance(uri, str) else None

    def reject(self, column: str | None, code: str, message: str, fix: str) -> Reject:
        """A reject about this resource."""
        return Reject(Origin(self.file, None, column), code, message, fix)


@dataclass
class Service:
    """All resources of one Redfish service; ``name`` is its folder below the given path, or empty."""

    name: str
    resources: dict[str, Resource] = field(default_factory=dict)
    _by_type: dict[str, list[Resource]] = field(default_factory=dict)
    _by_owner: dict[tuple[str, str], list[Resource]] = field(default_factory=dict)

    def of(self, *types: str) -> Iterator[Resource]:
        """Its resources of these types, in the order of their keys; ask once all are there."""
        if not self._by_type:
            for key in sorted(self.resources):
                self._by_type.setdefault(self.resources[key].type, []).append(self.resources[key])
        return chain.from_iterable(self._by_type.get(type_, []) for type_ in types)

    def under(self, owner: Resource, *types: str) -> list[Resource]:
        """Resources of these types that *owner* is the nearest owner of (see OWNERS)."""
        if not self._by_owner:
            for one in self.of(*sorted({one.type for one in self.resources.values()})):
                above = self.owner(one.key, *OWNERS)
                if above is not None:
                    self._by_owner.setdefault((above.key, one.type), []).append(one)
        return [one for type_ in types for one in self._by_owner.get((owner.key, type_), [])]

    def owner(self, key: str, *types: str) -> Resource | None:
        """The nearest resource of these types that *key* lies under."""
        parts = key.split("#")[0].split("/")
        for length in range(len(parts) - 1, 0, -1):
            above = self.resources.get("/".join(parts[:length]))
            if above is not None and above.type in types:
                return above
        return None

    def id(self, key: str) -> str:
        """The native id of the resource *key*."""
        return f"{self.name}/{key}" if self.name else key


def parse_ref(uri: str) -> Ref | None:
    """A reference from its URI, absolute or relative; None when it cannot be read."""
    try:
        parts = urlsplit(uri.strip())
        host = parts.netloc.rpartition("@")[2].lower()
    except ValueError:
        return None
    path = parts.path.strip("/")
    if path == ROOT:
        path = ""
    return Ref(host, path.removeprefix(f"{ROOT}/") + (f"#{parts.fragment}" if parts.fragment else ""))


def type_of(body: dict[str, Any]) -> str:
    """``Circuit`` of ``#Circuit.v1_5_0.Circuit``; empty when it is not said."""
    match = TYPE.match(text_of(body.get("@odata.type"))) if isinstance(body.get("@odata.type"), str) else None
    return match[1] if match else ""


def read_services(path: Path) -> tuple[list[Service], list[Reject]]:
    """Every service below *path*.

    Raises:
        SourceUnreadable: nothing there is a Redfish resource.
    """
    files, rejects = [], []
    for raw in raw_files(path, (".json",)):
        is_tree = PurePosixPath(raw.name).name == "index.json" and path.name != raw.name
        document = parse_json(raw.name, raw.data)
        if isinstance(document, Reject):
            rejects.append(document)
        else:
            files.append((raw.name, is_tree, document))
    trees = [(name, document) for name, is_tree, document in files if is_tree]
    services = _trees(trees, rejects) if trees else [_bundle([(n, d) for n, _, d in files], rejects)]
    if not any(service.resources for service in services):
        if rejects and all(reject.code == "empty_file" for reject in rejects):
            return [], rejects
        why = f": {rejects[0].message}" if rejects else ""
        raise SourceUnreadable(f"{path} holds no Redfish resource{why}", fix=FIX_FORMAT)
    for service in services:
        _unfold(service)
    return services, rejects


def _trees(files: list[tuple[str, Any]], rejects: list[Reject]) -> list[Service]:
    folders = {name: PurePosixPath(name).parent for name, _ in files}
    roots = {folders[n] for n, d in files if isinstance(d, dict) and type_of(d) == "ServiceRoot"}
    roots = roots or {PurePosixPath(ROOT if any(n.startswith(f"{ROOT}/") for n in folders) else ".")}
    services = {root: Service(_service_name(root)) for root in sorted(roots)}
    for name, document in files:
        root = next((p for p in (folders[name], *folders[name].parents) if p in services), None)
        if root is None or not isinstance(document, dict):
            message = "the file lies below no service root" if root is None else "a resource is a JSON object"
            rejects.append(Reject(Origin(name), "bad_row", message, "Leave it out, or export the whole tree."))
            continue
        key = folders[name].relative_to(root).as_posix()
        services[root].resources[key] = Resource(key, type_of(document), document, name)
    return list(services.values())


def _service_name(root: PurePosixPath) -> str:
    name = root.as_posix()
    return "" if name in (".", ROOT) else name.removesuffix(f"/{ROOT}")


def _bundle(files: list[tuple[str, Any]], rejects: list[Reject]) -> Service:
    service = Service("")
    for file, document in files:
        if isinstance(document, dict) and not isinstance(document.get("@odata.id"), str):
            entries = [(uri, one) for uri, one in document.items() if uri.strip("/").startswith("redfish")]
        else:
            many = document if isinstance(document, list) else [document]
            entries = [(one.get("@odata.id") if isinstance(one, dict) else None, one) for one in many]
        if not entries:
            rejects.append(Reject(Origin(file), "bad_row", "the file holds no resource with an @odata.id", FIX_FORMAT))
        for number, (uri, one) in enumerate(entries, start=1):
            ref = parse_ref(uri) if isinstance(uri, str) else None
            if ref is None or not isinstance(one, dict):
                message = "a resource is an object with an @odata.id"
                rejects.append(Reject(Origin(file, number), "bad_row", message, "Mend the entry, or leave it out."))
            elif ref.key in service.resources:
                message = f"{uri!r:.200} is there twice"
                rejects.append(Reject(Origin(file, number, "@odata.id"), "duplicate_id", message, "Leave one out."))
            else:
                service.resources[ref.key] = Resource(ref.key, type_of(one), one, file)
    return service


def _unfold(service: Service) -> None:
    """Take up what is nested: members that were expanded, and the parts of old Power and Thermal resources.

    A chassis that has its parts as resources of their own too (as services in transition do) is taken by those.
    """
    old: list[tuple[Resource, str, list[Any]]] = []
    for resource in list(service.resources.values()):
        for name, type_ in INLINE.get(resource.type, {}).items():
            parts = resource.body.get(name)
            old.append((resource, type_, parts if isinstance(parts, list) else []))
        stack = list(resource.body.values())
        while stack:
            value = stack.pop()
            if isinstance(value, list):
                stack.extend(value)
            elif isinstance(value, dict):
                _take(service, resource, value)
                stack.extend(value.values())
    new = {(_chassis(one.key), one.type) for one in service.resources.values()}
    for resource, type_, parts in old:
        if (_chassis(resource.key), type_) in new:
            continue
        name = next(iter(INLINE[resource.type]))
        for number, part in enumerate(parts):
            if isinstance(part, dict):
                uri = part.get("@odata.id")
                ref = parse_ref(uri) if isinstance(uri, str) else None
                key = ref.key if ref and not ref.host else f"{resource.key}#/{name}/{number}"
                service.resources.setdefault(key, Resource(key, type_, part, resource.file))


def _chassis(key: str) -> str:
    return "/".join(key.split("/")[:2])


def _take(service: Service, resource: Resource, value: dict[str, Any]) -> None:
    uri, type_ = value.get("@odata.id"), type_of(value)
    ref = parse_ref(uri) if isinstance(uri, str) else None
    if ref is not None and type_ and not ref.host and "#" not in ref.key:
        service.resources.setdefault(ref.key, Resource(ref.key, type_, value, resource.file))
