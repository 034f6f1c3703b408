"""Relationships of TM Forum items as links: each role to the link type that the kinds at its ends allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from loaders.tmf639_items import Item
from twin.model import AssetRecord, LinkRecord, Origin, Reject
from twin.schema import Schema

#: What "depends on" means, by what the kinds allow; the first that fits.
DEPENDS = ("POWERS", "HOSTS", "CARRIES", "SERVES", "COOLS")
#: Suppliers that are places: what depends on one stands in it.
HOUSES = ("site", "building", "data_centre", "hall", "rack", "chassis", "duct")
ROUTE = ("CARRIES", "SERVES")
PARTS = ("port", "card")
CABLES = ("fibre_cable", "cable")
#: Groups of what a route ends at, which is not its route.
AT_ENDS = ("ports", "nodes")


class Supply(NamedTuple):
    """One supplier of a consumer, before protection is worked in."""

    supplier: str
    type: str
    group: str | None
    need: str | None
    origin: Origin


class Linker:
    """Takes relationships in, then gives links; ``made`` has assets that relationships imply.

    Args:
        kinds: id of an item -> kind of its asset.
        names: id of an item -> its name.
        schema: the vocabulary.
    """

    def __init__(self, kinds: dict[str, str], names: dict[str, str], schema: Schema) -> None:
        self.kinds, self.names, self.schema = dict(kinds), names, schema
        self.made: dict[str, AssetRecord] = {}
        self.rejects: list[Reject] = []
        self.supplies: dict[str, dict[tuple[str, str, str | None], Supply]] = {}
        self.links: dict[tuple[str, str, str], Origin] = {}  # containment, transport, places
        self.holders: dict[str, list[str]] = {}  # what is contained -> what contains it
        self.later: list[tuple[str, str, str, Item, str]] = []  # role, a, b, item, column
        self.joined: dict[str, list[str]] = {}  # routed circuit -> its end points
        self.carried: dict[str, str] = {}  # cable -> the first span that it carries
        self.guards: dict[str, dict[str, tuple[Item, str]]] = {}  # what is protected -> what protects it

    def take(self, role: str, a: str, b: str, item: Item, column: str) -> None:
        """Take in that *a* is to *b* what *role* says: a role of the table, or a link type."""
        if role.startswith("-") or role in ("contained", "supports", "terminated", "protected"):
            plain = {
                "contained": "contains",
                "supports": "depends",
                "terminated": "terminates",
                "protected": "protects",
            }
            role, a, b = plain.get(role, role.removeprefix("-")), b, a
        if role == "contains":
            self._contains(a, b, item, column)
        else:
            self.later.append((role, a, b, item, column))

    def place(self, place: str, type_: str, inside: str, origin: Origin) -> None:
        """Take in that *inside* is at a place, by CONTAINS or WITHIN."""
        self.links.setdefault((place, type_, inside), origin)

    def finish(self) -> Iterator[LinkRecord]:
        """All links, once everything is taken in."""
        handlers: dict[str, Callable[[str, str, Item, str], None]] = {
            "depends": self._depends,
            "connects": self._connects,
            "terminates": self._terminates,
            "protects": self._protects,
        }
        typed = [one for one in self.later if one[0] not in handlers]
        for role, a, b, item, column in typed:
            self._typed(role, a, b, item, column)
        for wanted, handler in handlers.items():
            for role, a, b, item, column in self.later:
                if role == wanted:
                    handler(a, b, item, column)
        self._protect()
        for (start, type_, end), origin in self.links.items():
            yield LinkRecord(start, type_, end, origin=origin)
        for consumer, many in self.supplies.items():
            for one in many.values():
                yield LinkRecord(one.supplier, one.type, consumer, one.group, one.need, {}, one.origin)

    def _allows(self, type_: str, a: str, b: str) -> bool:
        return self.schema.link_types[type_].allows(self.kinds[a], self.kinds[b])

    def _disallowed(self, a: str, b: str, item: Item, column: str, what: str) -> None:
        message = f"{what}: a {self.kinds[a]} and a {self.kinds[b]} have no such link"
        fix = "Map the relationship to another link type, or the types to other kinds, or ignore it."
        self.rejects.append(item.reject(column, "disallowed_ends", message, fix))

    def _contains(self, a: str, b: str, item: Item, column: str) -> None:
        if not self._allows("CONTAINS", a, b):
            self._disallowed(a, b, item, column, "contains")
            return
        self.links.setdefault((a, "CONTAINS", b), item.origin)
        holders = self.holders.setdefault(b, [])
        if a not in holders:
            holders.append(a)

    def _typed(self, type_: str, a: str, b: str, item: Item, column: str) -> None:
        mesh = self.schema.link_types[type_].mesh
        if not self._allows(type_, a, b):
            if not (mesh and self._allows(type_, b, a)):
                self._disallowed(a, b, item, column, type_)
                return
            a, b = b, a
        if type_ == "CONNECTS":
            self._connect(a, b, item.origin)
        elif mesh or type_ in ("CONTAINS", "WITHIN"):
            self.links.setdefault((a, type_, b), item.origin)
        else:
            self._supply(b, Supply(a, type_, None, None, item.origin))

    def _supply(self, consumer: str, supply: Supply) -> None:
        if supply.type == "CARRIES" and self.kinds[consumer] == "span":
            self.carried.setdefault(supply.supplier, consumer)
        self.supplies.setdefault(consumer, {}).setdefault((supply.supplier, supply.type, supply.group), supply)

    def _depends(self, a: str, b: str, item: Item, column: str) -> None:
        """*a* depends on *b*: all of what it depends on is needed."""
        if self.kinds[b] in HOUSES and self.schema.kinds[self.kinds[a]].layer == "physical":
            self._contains(b, a, item, column)
            return
        type_ = next((name for name in DEPENDS if self._allows(name, b, a)), None)
        if type_ is None:
            self._disallowed(a, b, item, column, "depends on")
            return
        if any(one.supplier == b and one.type == type_ for one in self.supplies.get(a, {}).values()):
            return
        self._supply(a, Supply(b, type_, "depends", "all", item.origin))

    def _node(self, native: str) -> str | None:
        """The transport node that *native* is, or that contains it."""
        seen, queue = {native}, [native]
        while queue:
            one = queue.pop(0)
            if self.schema.link_types["TRANSPORTS"].allows(self.kinds[one], "span"):
                return one
            if self.kinds[one] not in PARTS:
                continue
            for holder in self.holders.get(one, []):
                if holder not in seen:
                    seen.add(holder)
                    queue.append(holder)
        return None

    def _is_edge(self, native: str) -> bool:
        return self.schema.link_types["TRANSPORTS"].allows("router", self.kinds[native])

    def _connects(self, a: str, b: str, item: Item, column: str) -> None:
        if self._is_edge(b) or self.kinds[b] in CABLES:
            a, b = b, a
        if self._is_edge(a) or self.kinds[a] in CABLES:
            self._terminates(a, b, item, column)
            return
        if self._node(a) and self._node(b):
            low, high = sorted((a, b))
            span = f"connection/{low.split('/', 1)[1]}/{high.split('/', 1)[1]}"
            self._make(span, "span", f"{self.names[low]} - {self.names[high]}", item.origin)
            for end in (low, high):
                self._end(span, end, item, column)
            return
        for type_ in ("CONDUCTS", "TRANSPORTS"):
            if self._allows(type_, a, b) or self._allows(type_, b, a):
                self._typed(type_, a, b, item, column)
                return
        self._disallowed(a, b, item, column, "connects to")

    def _terminates(self, edge: str, end: str, item: Item, column: str) -> None:
        if self.kinds[edge] in CABLES:
            edge = self._span_of(edge, item)
        if self._is_edge(edge):
            self._end(edge, end, item, column)
        elif self._allows("CONDUCTS", edge, end) or self._allows("CONDUCTS", end, edge):
            self._typed("CONDUCTS", edge, end, item, column)
        else:
            self._disallowed(edge, end, item, column, "terminates at")

    def _span_of(self, cable: str, item: Item) -> str:
        """The span that a cable is: the one that it carries, or one made for it."""
        if cable in self.carried:
            return self.carried[cable]
        span = f"connection/{cable.split('/', 1)[1]}"
        self._make(span, "span", self.names[cable], item.origin)
        self._supply(span, Supply(cable, "CARRIES", None, None, item.origin))
        return span

    def _end(self, edge: str, end: str, item: Item, column: str) -> None:
        """One end of a span, path or circuit; a port is part of its route, and its equipment the node."""
        node = self._node(end)
        if node is None:
            message = f"{self.names[end][:200]} is no transport node, and nothing of the export that contains it is one"
            fix = "Say what equipment contains it, or map its type to a node."
            self.rejects.append(item.reject(column, "missing_end", message, fix))
            return
        if end != node:
            self._supply(edge, Supply(end, "CARRIES", "ports", "all", item.origin))
        if self.kinds[edge] == "span":
            self.links.setdefault((node, "TRANSPORTS", edge), item.origin)
        elif any(one.type in ROUTE and one.group not in AT_ENDS for one in self.supplies.get(edge, {}).values()):
            if self._allows("CARRIES", node, edge):  # its route is given: no search
                self._supply(edge, Supply(node, "CARRIES", "nodes", "all", item.origin))
            else:
                self._disallowed(edge, node, item, column, "terminates at")
        elif self._allows("CONNECTS", node, edge):
            self._connect(node, edge, item.origin)
        else:
            self._disallowed(edge, node, item, column, "terminates at")

    def _connect(self, node: str, circuit: str, origin: Origin) -> None:
        if (node, "CONNECTS", circuit) not in self.links:
            self.links[node, "CONNECTS", circuit] = origin
            self.joined.setdefault(circuit, []).append(node)

    def _make(self, native: str, kind: str, name: str, origin: Origin) -> None:
        if native not in self.made:
            self.made[native] = AssetRecord(native, kind, name, {}, None, origin)
            self.kinds[native], self.names[native] = kind, name

    def _protects(self, a: str, b: str, item: Item, column: str) -> None:
        self.guards.setdefault(b, {}).setdefault(a, (item, column))

    def _protect(self) -> None:
        """Work protection in: who needs what is protected needs any of it and what protects it, directly or in turn.

        What protects something else that the same consumer names is not needed for its own sake. What is protected
        and nothing needs gets a working route of its own, so that the two can stand side by side. Where things only
        protect each other there is none that has the protection: that is told.
        """
        used = {one.supplier for many in self.supplies.values() for one in many.values()}
        for consumer in list(self.supplies):
            self._guard(consumer)
        guarding = {a for many in self.guards.values() for a in many}
        worked = set(used)
        for b in self.guards:
            if b not in used and b not in guarding:
                worked.add(b)
                for a, (item, column) in self._closure(b).items():
                    self._working_route(a, b, item, column)
        worked |= {a for b in worked for a in self._closure(b)}
        self._tell_circles(worked)

    def _tell_circles(self, worked: set[str]) -> None:
        for b, many in self.guards.items():
            for a, (item, column) in many.items() if b not in worked else ():
                message = f"protects: {a} and {b} protect each other, and nothing in the export depends on either"
                fix = "Say which one is protected, or what depends on it, or ignore the relationship."
                self.rejects.append(item.reject(column, "circular_protection", message, fix))

    def _closure(self, b: str) -> dict[str, tuple[Item, str]]:
        found: dict[str, tuple[Item, str]] = {}
        queue = [b]
        while queue:
            for a, said in self.guards.get(queue.pop(0), {}).items():
                if a != b and a not in found:
                    found[a] = said
                    queue.append(a)
        return found

    def _guard(self, consumer: str) -> None:
        own = self.supplies[consumer]
        named = list(dict.fromkeys(one.supplier for one in own.values()))
        closures = {b: self._closure(b) for b in named}
        roots = [
            b
            for i, b in enumerate(named)
            if not any(b in closures[r] and (r not in closures[b] or k < i) for k, r in enumerate(named) if r != b)
        ]
        covered = {a for b in roots for a in closures[b]} - set(roots)
        for key, one in list(own.items()):
            if one.supplier in covered:
                del own[key]
            elif closures[one.supplier]:
                self._alternatives(consumer, key, one, closures[one.supplier])

    def _alternatives(self, consumer: str, key: Any, one: Supply, guards: dict[str, tuple[Item, str]]) -> None:
        group, need = one.group, one.need
        if (need or self.schema.link_types[one.type].need) == "all":
            group, need = f"protected {one.supplier}", "any"
            self.supplies[consumer][key] = one._replace(group=group, need=need)
        for a, (item, column) in guards.items():
            type_ = next((name for name in (one.type, *DEPENDS) if self._allows(name, a, consumer)), None)
            if a == consumer or type_ is None or not self._same_service(type_, one.type):
                self._disallowed(a, consumer, item, column, "protects")
            else:
                self._supply(consumer, Supply(a, type_, group, need, item.origin))

    def _same_service(self, a: str, b: str) -> bool:
        return self.schema.link_types[a].service == self.schema.link_types[b].service

    def _working_route(self, a: str, b: str, item: Item, column: str) -> None:
        route = f"working/{b.split('/', 1)[1]}"
        self.kinds.setdefault(route, "path")
        if not self._allows("SERVES", a, b) or not self._allows("SERVES", route, b):
            self._disallowed(a, b, item, column, "protects")
            return
        if route not in self.made:
            self._make(route, "path", f"Working route of {self.names[b]}", item.origin)
            own = self.supplies.setdefault(b, {})
            for key, one in list(own.items()):
                if one.type in ROUTE and one.group not in AT_ENDS and self._allows(one.type, one.supplier, route):
                    self._supply(route, own.pop(key))
            for start in self.joined.pop(b, []):
                self.links[start, "CONNECTS", route] = self.links.pop((start, "CONNECTS", b))
            self._supply(b, Supply(route, "SERVES", "protected", "any", item.origin))
        self._supply(b, Supply(a, "SERVES", "protected", "any", item.origin))


def relationships(item: Item) -> Iterator[tuple[str, str, str, Any]]:
    """What an item says of others: word, sort of the other, column, and the reference (an object, or None).

    A supporting resource or service is told as ``dependsOn``.
    """
    for member, inner, sort in (
        ("resourceRelationship", "resource", "resource"),
        ("serviceRelationship", "service", "service"),
    ):
        for column, one in item.objects(member):
            target = one.get(inner) if one is not None else None
            other = sort
            if one is not None and target is None and isinstance(one.get("service"), dict):
                target, other = one["service"], "service"
            word = one.get("relationshipType") if one is not None else None
            yield word if isinstance(word, str) else "", other, column, target
    for member, sort in (("supportingResource", "resource"), ("supportingService", "service")):
        for column, one in item.objects(member):
            yield "dependsOn", sort, column, one
