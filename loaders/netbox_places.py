"""NetBox: regions, sites, locations, racks and devices, each in what it stands in; and what a device is."""

from __future__ import annotations

import fnmatch
from collections import defaultdict

from loaders.netbox_base import Work, native, words
from loaders.netbox_objects import Key, Obj

#: Words of a device's role or type -> its kind; the first that applies.
WORDS = (
    ("ups", {"ups", "upses"}),
    ("transfer_switch", {"ats", "sts", "transfer"}),
    ("pdu", {"pdu", "rpp"}),
    ("switchgear", {"switchgear", "switchboard"}),
    ("cooling_unit", {"crac", "crah", "chiller", "cooling", "cdu"}),
    ("patch_panel", {"patch", "odf", "cassette"}),
    ("server", {"server", "hypervisor", "compute", "host", "node", "blade", "gpu", "esxi", "kvm"}),
    ("router", {"router", "switch", "firewall", "spine", "leaf", "tor", "gateway", "wan", "core", "access", "mux"}),
)
#: Kinds that words decide even where the ports look like another.
SURE = ("ups", "transfer_switch", "switchgear", "cooling_unit")


class Parts:
    """Components and the devices that they belong to.

    Attributes:
        owner: (model, key) of a component -> its device.
        of: model -> key of a device -> its components.
        hosting: devices that a VM names, or that are in a cluster.
        parents: key of a device in a bay -> the device with the bay.
        carriers: keys of the devices with something in a bay.
    """

    def __init__(self, work: Work) -> None:
        self.owner: dict[tuple[str, Key], Obj] = {}
        self.of: dict[str, dict[Key, list[Obj]]] = defaultdict(lambda: defaultdict(list))
        self.hosting: set[Key] = set()
        self.parents: dict[Key, Obj] = {}
        inventory = work.inventory
        for model in ("powerport", "poweroutlet", "interface", "frontport", "rearport", "consoleport",
                      "consoleserverport", "devicebay"):  # fmt: skip
            for part in inventory.all(f"dcim.{model}"):
                device = inventory.ref(part, "device", "dcim.device")
                if device is not None:
                    self.owner[part.node] = device
                    self.of[model][device.pk].append(part)
        for bay in inventory.all("dcim.devicebay"):
            child = inventory.ref(bay, "installed_device", "dcim.device")
            if child is not None and bay.node in self.owner:
                self.parents[child.pk] = self.owner[bay.node]
        self.carriers = {parent.pk for parent in self.parents.values()}
        for device in inventory.all("dcim.device"):
            if inventory.ref(device, "cluster", "virtualization.cluster") is not None:
                self.hosting.add(device.pk)
        for vm in inventory.all("virtualization.virtualmachine"):
            host = inventory.ref(vm, "device", "dcim.device")
            if host is not None:
                self.hosting.add(host.pk)


def make_places(work: Work, parts: Parts) -> None:
    """Regions, site groups, sites, locations, racks, devices, and what contains what."""
    inventory = work.inventory
    for model, kind in (("dcim.region", "region"), ("dcim.sitegroup", "site_group")):
        for obj in inventory.all(model):
            work.asset(obj, kind, iso_code=None, ref=obj.text("slug"))
    for model in ("dcim.region", "dcim.sitegroup"):
        for obj in inventory.all(model):
            parent = inventory.ref(obj, "parent", model)
            if parent is not None:
                work.link(native(parent), "WITHIN", native(obj), obj)
    for site in inventory.all("dcim.site"):
        kind = "data_centre" if _matches(site, work.options.data_centres) else "site"
        if work.asset(site, kind, place=work.point(site), ref=site.text("facility", "slug")):
            for column, model in (("region", "dcim.region"), ("group", "dcim.sitegroup")):
                outer = inventory.ref(site, column, model)
                if outer is not None:
                    work.link(native(outer), "WITHIN", native(site), site)
    _locations(work)
    for rack in inventory.all("dcim.rack"):
        where = container(work, rack)
        if work.asset(rack, "rack", place=work.point(rack, where), ref=rack.text("facility_id", "asset_tag")):
            _contain(work, where, rack)
    for device in inventory.all("dcim.device"):
        _device(work, parts, device)
    for device in inventory.all("dcim.device"):
        parent = parts.parents.get(device.pk)
        _contain(work, parent if parent is not None else container(work, device), device)


def _matches(site: Obj, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(text, p) for p in patterns for text in (site.text("slug"), site.name))


def _locations(work: Work) -> None:
    inventory = work.inventory
    locations = list(inventory.all("dcim.location"))
    for location in locations:
        site = inventory.ref(location, "site", "dcim.site")
        work.asset(location, "hall", place=work.point(location, site), ref=location.text("facility", "slug"))
    for location in locations:
        parent = inventory.ref(location, "parent", "dcim.location")
        _contain(work, parent or inventory.ref(location, "site", "dcim.site"), location)


def container(work: Work, obj: Obj) -> Obj | None:
    """The innermost place that the object names: its rack, else its location, else its site."""
    for column in ("rack", "location", "site"):
        place = work.inventory.ref(obj, column, f"dcim.{column}")
        if place is not None:
            return place
    return None


def _contain(work: Work, outer: Obj | None, inner: Obj) -> None:
    if outer is None:
        return
    kind = work.kinds.get(native(outer))
    if kind is not None and work.schema.link_types["CONTAINS"].allows(kind, work.kinds.get(native(inner), "rack")):
        work.link(native(outer), "CONTAINS", native(inner), inner)


def _device(work: Work, parts: Parts, device: Obj) -> None:
    inventory = work.inventory
    type_ = inventory.ref(device, "device_type", "dcim.devicetype")
    type_name = type_.name if type_ is not None else device.text("device_type")
    role_column = "role" if device.text("role") else "device_role"
    role = inventory.ref(device, role_column, "dcim.devicerole") if inventory.by.get("dcim.devicerole") else None
    role_names = (role.name, role.text("slug")) if role is not None else (device.text(role_column), "")
    kind = _kind(work, parts, device, type_, type_name, role_names)
    draws = [port.fields.get("maximum_draw") for port in parts.of["powerport"].get(device.pk, ())]
    name = device.name or f"{type_name or 'device'} ({device.pk})"
    work.asset(
        device,
        kind,
        name,
        work.point(device, container(work, device)),
        ref=device.text("asset_tag", "serial"),
        equipment_type=type_name,
        technology=role_names[0] or type_name,
        power_kw=(draws[0], "W") if len(draws) == 1 and kind != "pdu" else None,
    )


def _kind(work: Work, parts: Parts, device: Obj, type_: Obj | None, type_name: str, role_names: tuple[str, str]) -> str:
    named = [*role_names[::-1], type_.text("slug") if type_ is not None else "", type_name]
    for name in named:
        if name in work.options.kinds:
            return work.options.kinds[name]
    if device.pk in parts.carriers or (type_ is not None and type_.text("subdevice_role").lower() == "parent"):
        return "chassis"
    guess = _by_words(*role_names) or _by_words(*named)
    if guess in SURE:
        return guess
    if device.pk in parts.hosting:
        return "server"

    def has(*models: str) -> bool:
        return any(parts.of[model].get(device.pk) for model in models)

    if has("rearport", "frontport") and not has("interface", "powerport", "poweroutlet"):
        return "patch_panel"
    if has("poweroutlet") and guess not in ("server", "router"):
        return "pdu"
    return guess or "device"


def _by_words(*names: str) -> str | None:
    said = words(*names)
    return next((kind for kind, some in WORDS if said & some), None)
