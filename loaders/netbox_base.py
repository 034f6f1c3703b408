"""What the parts of the loader ``netbox`` share: names of assets, statuses, places, custom fields."""

from __future__ import annotations

from typing import Any

from loaders.fields import convert, is_absent, text_of
from loaders.netbox_objects import Inventory, Key, Obj
from loaders.netbox_options import NetboxOptions
from loaders.places import PlaceProblem, parse_point
from twin.model import AssetRecord, LinkRecord, Origin
from twin.schema import Schema
from twin.schema.values import ValueProblem

#: NetBox's words for a status -> ours. What is on its way out is not relied on any more.
STATUSES = {
    **dict.fromkeys(("", "active", "connected", "available", "reserved", "deprecated"), None),
    **dict.fromkeys(("planned", "staged", "staging", "provisioning"), "planned"),
    **dict.fromkeys(
        ("offline", "failed", "inventory", "decommissioning", "deprovisioning", "decommissioned", "retired", "paused"),
        "out_of_service",
    ),
}
#: Model -> how native ids of its assets begin.
PREFIXES = {
    "dcim.region": "region",
    "dcim.sitegroup": "site-group",
    "dcim.site": "site",
    "dcim.location": "location",
    "dcim.rack": "rack",
    "dcim.device": "device",
    "dcim.powerpanel": "power-panel",
    "dcim.powerfeed": "power-feed",
    "dcim.powerport": "power-port",
    "dcim.poweroutlet": "power-outlet",
    "dcim.cable": "cable",
    "circuits.provider": "provider",
    "circuits.providernetwork": "provider-network",
    "circuits.circuit": "circuit",
    "tenancy.tenant": "tenant",
    "virtualization.cluster": "cluster",
    "virtualization.virtualmachine": "vm",
}


def native(obj: Obj) -> str:
    """Native id of the asset that an object becomes."""
    return f"{PREFIXES[obj.model]}/{obj.pk}"


class Work:
    """One import: the inventory, the options, and the records as they are made.

    Attributes:
        kinds: native id -> kind of every asset made so far.
        places: native id -> point of the asset, for what stands in it.
        names, statuses: native id -> name and status of every asset made so far.
        contacts: (model, key) -> names of its contacts.
    """

    def __init__(self, inventory: Inventory, options: NetboxOptions, schema: Schema) -> None:
        self.inventory, self.options, self.schema = inventory, options, schema
        self.assets: list[AssetRecord] = []
        self.links: list[LinkRecord] = []
        self.kinds: dict[str, str] = {}
        self.statuses: dict[str, str | None] = {}
        self.places: dict[str, bytes | None] = {}
        self.names: dict[str, str | None] = {}
        self.contacts: dict[tuple[str, Key], str] = {}
        self._linked: set[tuple[str, str, str, str | None]] = set()

    def status(self, obj: Obj) -> str | None:
        """Our word for the object's status; None for in service.

        Raises:
            ValueProblem: NetBox's word is not known.
        """
        word = obj.status
        if word in self.options.statuses:
            ours = self.options.statuses[word]
            return None if ours == "in_service" else ours
        if word not in STATUSES:
            fix = f'Say what it means, for example statuses = {{ "{word[:40]}" = "out_of_service" }}.'
            raise ValueProblem("wrong_type", f"the status {word[:60]!r} is not known", fix)
        return STATUSES[word]

    def asset(
        self,
        obj: Obj,
        kind: str,
        name: str | None = None,
        place: bytes | None = None,
        unit: Obj | None = None,
        **values: Any,
    ) -> bool:
        """Make the asset of an object.

        Args:
            unit: the device that it is a part of, whose status it shares.
            values: property -> raw value, or (value, unit); left out where the kind has no such property.

        Returns:
            False when it cannot be taken; why is a reject.
        """
        known = self.schema.kind_properties(kind)
        properties: dict[str, Any] = {}
        good = True
        values |= {"contact": self.contacts.get(obj.node), "tenant": self._tenant(obj)} | self._custom(obj)
        for key, raw in values.items():
            if key in known:
                good &= self._put(obj, properties, key, raw)
        try:
            status = self.status(obj)
        except ValueProblem as problem:
            self.inventory.reject(obj, "status", problem.code, str(problem), problem.fix)
            return False
        if not good:
            return False
        if status is None and unit is not None:
            status = self.statuses.get(native(unit))
        if status is not None:
            properties["status"] = status
        self.put(native(obj), kind, name or obj.name or None, properties, place, obj.origin)
        return True

    def put(
        self,
        asset: str,
        kind: str,
        name: str | None,
        properties: dict[str, Any],
        place: bytes | None,
        origin: Origin,
    ) -> None:
        """Make an asset from what is already right."""
        self.assets.append(AssetRecord(asset, kind, name, properties, place, origin))
        self.kinds[asset], self.places[asset], self.names[asset] = kind, place, name
        self.statuses[asset] = properties.get("status")

    def _put(self, obj: Obj, properties: dict[str, Any], key: str, raw: Any) -> bool:
        value, unit = raw if isinstance(raw, tuple) else (raw, None)
        try:
            found = convert(self.schema, self.schema.properties[key], value, _Unit(unit) if unit else None)
        except ValueProblem as problem:
            self.inventory.reject(obj, key, problem.code, str(problem), problem.fix)
            return False
        if found is not None:
            properties[key] = found
        return True

    def _tenant(self, obj: Obj) -> str | None:
        found = self.inventory.ref(obj, "tenant", "tenancy.tenant") if obj.model != "tenancy.tenant" else None
        if found is not None:
            return found.name
        return obj.text("tenant") or None if self.inventory.by_text else None

    def _custom(self, obj: Obj) -> dict[str, Any]:
        given = obj.fields.get("custom_field_data", obj.fields.get("custom_fields"))
        made: dict[str, Any] = {}
        for name, how in self.options.custom_fields.items():
            raw = given.get(name) if isinstance(given, dict) else obj.fields.get(name.lower())
            if isinstance(raw, dict):
                raw = raw.get("value", raw.get("name"))
            if not is_absent(raw):
                made[how.property] = (raw, how.unit)
        return made

    def link(self, start: str, kind: str, end: str, obj: Obj, group: str | None = None, need: int | str = "") -> None:
        """Link two assets, once, where both were taken; *obj* is what says so."""
        key = start, kind, end, group
        if start in self.kinds and end in self.kinds and start != end and key not in self._linked:
            self._linked.add(key)
            self.links.append(LinkRecord(start, kind, end, group, str(need) or None, {}, obj.origin))

    def cable_status(self, cable: Obj) -> str | None:
        """Our word for a cable's status; an unknown one counts as out of service (and is a reject of the cable)."""
        try:
            return self.status(cable)
        except ValueProblem:
            return "out_of_service"

    def terminates(self, side: Obj) -> Obj | None:
        """Where a circuit termination is: the provider's network, or a location or site."""
        scope = self.inventory.scope(side, "termination_type", "termination_id")
        if scope is not None and scope.model in PREFIXES:
            return scope
        found = self.inventory.ref(side, "provider_network", "circuits.providernetwork")
        return found or self.inventory.ref(side, "site", "dcim.site")

    def point(self, obj: Obj, *around: Obj | None) -> bytes | None:
        """Where it is: its own latitude and longitude, or the place of the first of *around* that has one."""
        try:
            own = parse_point(obj.fields.get("longitude"), obj.fields.get("latitude"), ("longitude", "latitude"))
        except PlaceProblem as problem:
            self.inventory.reject(obj, problem.column, problem.code, str(problem), problem.fix)
            own = None
        if own is not None:
            return own
        places = (self.places.get(native(one)) for one in around if one is not None)
        return next((place for place in places if place is not None), None)


class _Unit:
    """How :func:`loaders.fields.convert` takes a number in another unit."""

    values: dict[str, Any] | None = None
    several: Any = None

    def __init__(self, unit: str) -> None:
        self.unit: str | None = unit


def words(*texts: str) -> set[str]:
    """The words of names and slugs, in small letters, plurals without their s."""
    parts = " ".join(texts).lower().replace("-", " ").replace("_", " ").replace("/", " ").split()
    return {text_of(part) for part in parts} | {part.removesuffix("s") for part in parts}
