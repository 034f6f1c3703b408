"""References of a Redfish service as links of the twin, each once, though both ends may name it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from loaders.redfish_assets import TAKEN, is_absent, kind_of
from loaders.redfish_tree import Ref, Resource, Service
from twin.model import LinkRecord, Origin, Reject

#: What a reference to another service stands for, by the last word of its member.
OUTSIDE = {
    "SourceCircuit": "feeder",
    "BranchCircuit": "feeder",
    "DistributionCircuits": "feeder",
    "PowerOutlet": "power_outlet",
    "PowerOutlets": "power_outlet",
    "Outlet": "power_outlet",
    "Outlets": "power_outlet",
    "PowerSupplies": "power_supply",
    "Chassis": "chassis",
    "ConnectedChassis": "chassis",
    "ConnectedCoolingLoop": "cooling_loop",
    "ConnectedCoolingUnit": "cooling_unit",
}
#: Redundancy with one of these states is not in force: every member is needed.
NOT_IN_FORCE = ("Disabled", "UnavailableOffline", "Absent")


class End(NamedTuple):
    """One end of a link: native or full id, and the resource where it is in the tree."""

    id: str
    resource: Resource | None


class Gate(NamedTuple):
    """Members that a consumer takes from, and how many of them it needs: a number, ``any`` or ``all``."""

    group: str
    need: str
    members: list[str]


class Linker:
    """Collects the links of one service; ``rejects`` fills with references that lead nowhere.

    Args:
        hosts: host of another service -> source of the twin that holds it.
        outside: ``asset``: what another service holds becomes an asset, listed in ``others``; or ``reject``.
    """

    def __init__(self, service: Service, hosts: dict[str, str], outside: str) -> None:
        self.service, self.hosts, self.outside = service, hosts, outside
        self.links: dict[tuple[str, str, str, str | None], tuple[str | None, str]] = {}
        self.others: dict[str, tuple[str, str]] = {}  # id of what another service holds -> kind, file
        self.elsewhere: set[str] = set()  # full ids of what other sources hold
        self.rejects: list[Reject] = []

    def add(
        self, start: str, type_: str, end: str, file: str, group: str | None = None, need: str | None = None
    ) -> None:
        """Take up one link; the same one said again changes nothing."""
        if start != end:
            self.links.setdefault((start, type_, end, group), (need, file))

    def gate(self, consumer: str, type_: str, gates: Iterable[Gate], file: str) -> None:
        """Links of *type_* from the members of each gate."""
        for gate in gates:
            for member in gate.members:
                self.add(member, type_, consumer, file, gate.group, gate.need)

    def records(self) -> Iterator[LinkRecord]:
        """All links, in the order in which they were found."""
        for (start, type_, end, group), (need, file) in self.links.items():
            yield LinkRecord(start, type_, end, group, need, {}, Origin(file))

    def ends(self, resource: Resource, *paths: str, type_: str, incoming: bool, kinds: tuple[str, ...]) -> list[End]:
        """What *resource* names at *paths*, of these resource types; the rest is rejected.

        Args:
            type_: the link that the reference would make, for rejects.
            incoming: whether that link comes from the other end.
            kinds: resource types that may stand there.
        """
        found: dict[str, End] = {}
        for path in paths:
            for column, ref in resource.refs(path):
                end = self._end(resource, column, path, ref, type_, incoming, kinds)
                if end is not None:
                    found.setdefault(end.id, end)
        return list(found.values())

    def _end(
        self, resource: Resource, column: str, path: str, ref: Ref | None, type_: str, incoming: bool, kinds: Any
    ) -> End | None:
        if ref is None:
            message, fix = f"{path} holds references: {{'@odata.id': URI}}", "Mend the reference."
            self.rejects.append(resource.reject(column, "wrong_type", message, fix))
            return None
        if ref.host:
            return self._outside(resource, column, path, ref, type_, incoming)
        target = self.service.resources.get(ref.key)
        if target is None or target.type not in kinds:
            what = "is not in the tree" if target is None else f"is a {target.type or 'resource without a type'}"
            message = f"/redfish/v1/{ref.key} {what}"
            fix = "Export the whole tree, or correct the reference."
            self.rejects.append(
                self._missing(resource, column, message, fix, self.service.id(ref.key), type_, incoming)
            )
            return None
        return None if is_absent(target) else End(self.service.id(ref.key), target)

    def _outside(self, resource: Resource, column: str, path: str, ref: Ref, type_: str, incoming: bool) -> End | None:
        if ref.host in self.hosts:
            source = self.hosts[ref.host]
            full = f"{source}/{ref.key}" if ":" in source else f"{source}:{ref.key}"
            self.elsewhere.add(full)
            return End(full, None)
        native = f"outside/{ref.host.replace(':', '_')}/{ref.key}"
        kind = OUTSIDE.get(path.rsplit(".", 1)[-1])
        if self.outside == "asset" and kind:
            self.others.setdefault(native, (kind, resource.file))
            return End(native, None)
        message = f"{ref.key} is at another service, {ref.host}"
        fix = f'Import that one too and say hosts = {{ "{ref.host}" = "its source" }}, or set outside = "asset".'
        self.rejects.append(self._missing(resource, column, message, fix, native, type_, incoming))
        return None

    def _missing(
        self, resource: Resource, column: str, message: str, fix: str, other: str, type_: str, incoming: bool
    ) -> Reject:
        own = self.service.id(resource.key)
        link = (type_, other, own) if incoming else (type_, own, other)
        return Reject(Origin(resource.file, None, column), "missing_end", message, fix, link)

    def gates(self, holder: Resource, path: str, members: list[Resource], group: str, unstated: str) -> list[Gate]:
        """How many of *members* are needed, by the redundancy groups at *path* of *holder*.

        Members in no group that is in force are all needed (or as *unstated* says). Empty bays are no members.
        """
        left = {one.key: self.service.id(one.key) for one in members if kind_of(one)}
        made: list[Gate] = []
        stated = holder.at(path)
        for number, one in enumerate(stated if isinstance(stated, list) else [stated] if stated else []):
            column = f"{path}/{number}"
            need = self._need(holder, one, column)
            if need is None:
                continue
            keys = self._group(holder, one, column)
            types = {one.type for one in members}
            inside = [left.pop(key, self.service.id(key)) for key in dict.fromkeys(keys) if self._is_one(key, types)]
            if inside:
                made.append(Gate(f"{group}/{len(made) + 1}" if made else group, str(need), inside))
        if left:
            made.append(Gate(f"{group}/others" if made else group, unstated, list(left.values())))
        return made

    def _is_one(self, key: str, types: set[str]) -> bool:
        """Whether *key* is something of these types that is there; supplies of another chassis may be in a group."""
        return self.service.resources[key].type in types and kind_of(self.service.resources[key]) is not None

    def _need(self, holder: Resource, one: Any, column: str) -> int | None:
        if not isinstance(one, dict):
            self.rejects.append(holder.reject(column, "wrong_type", "a redundancy group is an object", "Mend it."))
            return None
        status = one.get("Status")
        state = status.get("State") if isinstance(status, dict) else None
        kind = one.get("RedundancyType", one.get("Mode"))
        need = one.get("MinNeededInGroup", one.get("MinNumNeeded"))
        if state in NOT_IN_FORCE or kind in ("NotRedundant", "Not Redundant") or need is None or need == 0:
            return None
        if isinstance(need, bool) or not isinstance(need, int) or need < 0:
            message = f"MinNeededInGroup is a whole number, not {str(need)[:60]!r}"
            fix = "Say how many of the group are needed."
            self.rejects.append(holder.reject(f"{column}/MinNeededInGroup", "bad_need", message, fix))
            return None
        return need

    def _group(self, holder: Resource, one: dict[str, Any], column: str) -> list[str]:
        name = "RedundancySet" if "RedundancyGroup" not in one else "RedundancyGroup"
        keys = []
        for part, ref in Resource(holder.key, holder.type, one, holder.file).refs(name):
            where = f"{column}/{part}"
            if ref is None:
                message = "a member of a redundancy group is {'@odata.id': URI}"
                self.rejects.append(holder.reject(where, "wrong_type", message, "Mend the reference."))
            elif ref.host or ref.key not in self.service.resources:
                message = f"/redfish/v1/{ref.key} is not in the tree"
                fix = "Export the whole tree, or correct the redundancy group."
                self.rejects.append(holder.reject(where, "missing_end", message, fix))
            else:
                keys.append(ref.key)
        return keys


def check_collections(service: Service) -> Iterator[Reject]:
    """Collections of what is taken that list members that are not in the tree, or fewer than they count."""
    names = {f"{type_}Collection" for type_ in TAKEN}
    for resource in service.of(*sorted(names)):
        members = list(resource.refs("Members"))
        for column, ref in members:
            if ref is None or ref.host or ref.key not in service.resources:
                what = "no reference" if ref is None else f"/redfish/v1/{ref.key}, which is not in the tree"
                message = f"the collection lists {what}"
                yield resource.reject(column, "missing_end", message, "Export the whole tree.")
        count = resource.at("Members@odata.count")
        if "Members@odata.nextLink" in resource.body or (isinstance(count, int) and count > len(members)):
            message = f"the collection counts {count} members and lists {len(members)}"
            yield resource.reject("Members", "missing_end", message, "Export the whole tree, every page of it.")
