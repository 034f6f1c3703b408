"""NetBox: the chain of power, from panels over feeds, ports and outlets to each device, with one gate a device."""

from __future__ import annotations

from collections import defaultdict

from loaders.netbox_base import Work, native
from loaders.netbox_cables import Cables
from loaders.netbox_objects import Key, Obj
from loaders.netbox_places import Parts, container

#: Group of an outlet's gate for the inlet that it hangs on; the other one is the unit itself.
INLET = "inlet"
SUPPLIES = ("dcim.poweroutlet", "dcim.powerfeed")


def make_power(work: Work, parts: Parts, cables: Cables) -> None:
    """Panels, feeds, outlets, connected ports, and the links of power between them and the devices."""
    inventory = work.inventory
    for panel in inventory.all("dcim.powerpanel"):
        where = container(work, panel)
        if work.asset(panel, "power_panel", place=work.point(panel, where)) and where is not None:
            work.link(native(where), "CONTAINS", native(panel), panel)
    for feed in inventory.all("dcim.powerfeed"):
        _feed(work, feed)
    for outlet in inventory.all("dcim.poweroutlet"):
        unit = parts.owner.get(outlet.node)
        if unit is not None and native(unit) in work.kinds:
            work.asset(outlet, "power_outlet", _of(unit, outlet, work), unit=unit)
            work.link(native(unit), "POWERS", native(outlet), outlet)
    power = _Power(work, parts, cables)
    for device in inventory.all("dcim.device"):
        if native(device) in work.kinds:
            power.device(device)
    power.children()


def _of(device: Obj, part: Obj, work: Work) -> str:
    return f"{work.names.get(native(device)) or device.pk}: {part.name}"


def _feed(work: Work, feed: Obj) -> None:
    panel = work.inventory.ref(feed, "power_panel", "dcim.powerpanel")
    place = work.places.get(native(panel)) if panel is not None else None
    work.asset(
        feed,
        "feeder",
        place=place,
        voltage_kv=(feed.fields.get("voltage"), "V"),
        current_a=feed.fields.get("amperage"),
        capacity_mva=(feed.fields.get("available_power"), "VA"),
        ref=feed.text("type").lower(),
    )
    if panel is not None:
        work.link(native(panel), "POWERS", native(feed), feed)


class _Power:
    """Gates of devices."""

    def __init__(self, work: Work, parts: Parts, cables: Cables) -> None:
        self.work, self.parts, self.cables = work, parts, cables
        self.fed: set[Key] = set()
        self.racks: dict[Key, list[Obj]] = defaultdict(list)
        for feed in work.inventory.all("dcim.powerfeed"):
            rack = work.inventory.ref(feed, "rack", "dcim.rack")
            if rack is not None and not cables.cabled(feed.node) and not is_true(feed.fields.get("mark_connected")):
                self.racks[rack.pk].append(feed)

    def device(self, device: Obj) -> None:
        """The gate of a device: its connected ports, or else the feeds of its rack."""
        kind = self.work.kinds[native(device)]
        if kind == "patch_panel":
            return
        ports = self.parts.of["powerport"].get(device.pk, [])
        live = [(port, found) for port in ports if (found := self._supplies(port)) is not None]
        if not live and device.pk not in self.parts.parents:
            self._from_rack(device, len(ports))
            if kind == "chassis" and device.pk not in self.fed:
                live = [(port, []) for port in ports]  # what feeds it is not known, which is said of its ports
        if live:
            need = self._need(device, len(live))
            for port, supplies in live:
                self._port(device, port, supplies)
                self.work.link(native(port), "POWERS", native(device), port, need=need)
            self.fed.add(device.pk)
        self._outlets(device, kind, ports)

    def _supplies(self, port: Obj) -> list[Obj] | None:
        """What the port is plugged into; none of them where NetBox only says that it is; None for unplugged."""
        found = [far for far in self.cables.across(port.node) if far.model in SUPPLIES and self._taken(far)]
        return found if found or is_true(port.fields.get("mark_connected")) else None

    def _taken(self, obj: Obj) -> bool:
        return native(obj) in self.work.kinds

    def _port(self, device: Obj, port: Obj, supplies: list[Obj]) -> None:
        draw = (port.fields.get("maximum_draw"), "W")
        self.work.asset(port, "power_supply", _of(device, port, self.work), unit=device, power_kw=draw)
        for supply in supplies:
            self.work.link(native(supply), "POWERS", native(port), port)

    def _need(self, device: Obj, count: int) -> int:
        options = self.work.options
        type_ = self.work.inventory.ref(device, "device_type", "dcim.devicetype")
        names = (type_.text("slug"), type_.name) if type_ is not None else ()
        given = next((options.supplies_of[name] for name in names if name in options.supplies_of), None)
        if given is not None:
            return given
        if self.work.kinds[native(device)] in ("pdu", "transfer_switch"):
            return 1  # the outlets of a PDU need their own inlet too
        return {"half": (count + 1) // 2, "any": 1, "n-1": max(1, count - 1), "all": count}[options.supplies]

    def _from_rack(self, device: Obj, ports: int) -> None:
        rack = self.work.inventory.ref(device, "rack", "dcim.rack")
        if rack is None or not self.work.options.rack_feeds or rack.pk not in self.racks:
            return
        feeds = [feed for feed in self.racks[rack.pk] if self._taken(feed)]
        need = "any" if ports >= 2 else "all"  # which feed a single cord hangs on is not said
        for feed in feeds:
            self.work.link(native(feed), "POWERS", native(device), device, need=need)
            self.fed.add(device.pk)

    def _outlets(self, device: Obj, kind: str, ports: list[Obj]) -> None:
        """Outlets of a unit with several inlets also need the inlet that they hang on."""
        if len(ports) < 2 or kind in ("ups", "transfer_switch"):
            return
        for outlet in self.parts.of["poweroutlet"].get(device.pk, []):
            inlet = self.work.inventory.ref(outlet, "power_port", "dcim.powerport")
            if inlet is None or not self._taken(outlet):
                continue
            if not self._taken(inlet) and self.parts.owner.get(inlet.node) is device:
                self._port(device, inlet, [])
            self.work.link(native(inlet), "POWERS", native(outlet), outlet, INLET)

    def children(self) -> None:
        """What stands in a bay and has no connected port of its own takes the power of the chassis, if that has any."""
        waiting = {key: parent for key, parent in self.parts.parents.items() if key not in self.fed}
        while ready := [key for key, parent in waiting.items() if parent.pk in self.fed]:
            for key in ready:
                child, parent = self.work.inventory.by["dcim.device"][key], waiting.pop(key)
                self.work.link(native(parent), "POWERS", native(child), child)
                self.fed.add(key)


def is_true(value: object) -> bool:
    """Whether a flag is set, as a dump or as a CSV file writes it."""
    return value is True or str(value).strip().lower() in ("true", "yes", "1", "t")
