"""A made-up colocation site as its NetBox describes it, and the tables that join it to the grid and the fibre."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from common import nearest, write_csv
from grid import Grid

SITE, NAME, SLUG = 1, "Synthetic DC Frankfurt 5", "syn-fra5"
PLACE = (8.66, 50.09)
HALLS, RACKS, SERVERS, OUTLETS, CRACS = 2, 4, 6, 12, 3
ROLES = {"server": "Server", "tor-switch": "ToR switch", "border-router": "Border router", "pdu": "PDU", "ups": "UPS",
         "crac": "CRAC", "patch-panel": "Patch panel"}  # fmt: skip
TENANTS = ("Synthetic tenant Savings bank", "Synthetic tenant Parcel service")
#: Fibre towns that the two circuits leave by.
TOWNS = ("frankfurt", "darmstadt")
Port = tuple[str, int]


class Dump:
    """Objects of a NetBox, numbered by model, and the cables between them."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.counts: dict[str, int] = {}

    def add(self, model: str, /, **fields: Any) -> int:
        """Add an object; returns its key."""
        pk = self.counts[model] = self.counts.get(model, 0) + 1
        self.entries.append({"model": model, "pk": pk, "fields": fields})
        return pk

    def device(self, name: str, role: str, rack: int | None, location: int | None, **fields: Any) -> int:
        """Add a device of a role; its type is named like the role."""
        number = list(ROLES).index(role) + 1
        values = {"status": "active", "cluster": None, "tenant": None, "custom_field_data": {}, **fields}
        return self.add(
            "dcim.device",
            name=name, role=number, device_type=number, site=SITE, location=location, rack=rack, **values,
        )  # fmt: skip

    def port(self, model: str, device: int, name: str, /, **fields: Any) -> Port:
        """Add a component of a device."""
        return model, self.add(f"dcim.{model}", device=device, name=name, **fields)

    def cable(self, a: Port, b: Port, kind: str, status: str = "connected") -> None:
        """Plug two ports together."""
        cable = self.add("dcim.cable", type=kind, status=status, label="", length=None, length_unit="")
        for side, (model, key) in (("A", a), ("B", b)):
            app = "circuits" if model.startswith("circuit") else "dcim"
            self.add(
                "dcim.cabletermination",
                cable=cable, cable_end=side, termination_type=[app, model], termination_id=key,
            )  # fmt: skip


class Colocation:
    """Builds the site from the panels down to the machines."""

    def __init__(self) -> None:
        self.dump = Dump()
        self.cooling: list[dict[str, str]] = []
        self.free: dict[tuple[int, str], list[Port]] = {}
        self.uplinks: dict[int, list[Port]] = {}

    def build(self) -> None:
        """All objects, in the order of what depends on what."""
        dump = self.dump
        land = dump.add("dcim.region", name="Germany", slug="de", parent=None)
        region = dump.add("dcim.region", name="Hesse", slug="hesse", parent=land)
        group = dump.add("dcim.sitegroup", name="Colocation", slug="colocation", parent=None)
        for name in TENANTS:
            dump.add("tenancy.tenant", name=name, slug=name.split()[-1].lower(), group=None)
        lon, lat = PLACE
        dump.add(
            "dcim.site",
            name=NAME, slug=SLUG, status="active", region=region, group=group, tenant=None, facility="FRA5",
            latitude=f"{lat:.6f}", longitude=f"{lon:.6f}",
        )  # fmt: skip
        for slug, name in ROLES.items():
            dump.add("dcim.devicerole", name=name, slug=slug)
            dump.add("dcim.devicetype", model=f"Synthetic {name}", slug=f"synthetic-{slug}", subdevice_role="")
        for hall in range(1, HALLS + 1):
            dump.add("virtualization.cluster", name=f"fra5-virt-{hall}", type=None, status="active", tenant=None,
                     scope_type=["dcim", "site"], scope_id=SITE)  # fmt: skip
            dump.add("dcim.location", name=f"{NAME} hall {hall}", slug=f"hall-{hall}", site=SITE, parent=None,
                     status="active", tenant=None, custom_field_data={"heat_minutes": 8})  # fmt: skip
        self._supply()
        for hall in range(1, HALLS + 1):
            for rack in range(1, RACKS + 1):
                self._rack(hall, rack)
        self._network()
        self._machines()

    def _supply(self) -> None:
        """Panels A and B, a UPS on each, and the coolers of each hall on a feed of both."""
        dump = self.dump
        self.panels = [dump.add("dcim.powerpanel", name=f"UV-{side}", site=SITE, location=None) for side in "AB"]
        for side in "AB":
            ups = dump.device(f"ups-{side.lower()}", "ups", None, None, custom_field_data={"battery_minutes": 10})
            inlet = dump.port("powerport", ups, "Input", maximum_draw=None)
            dump.cable(inlet, self._feed(side, f"{side}-UPS", 400_000), "power")
            self.free[0, side] = [
                dump.port("poweroutlet", ups, f"Outlet {n}", power_port=inlet[1]) for n in range(1, HALLS * RACKS + 1)
            ]
        for hall in range(1, HALLS + 1):
            for count in range(1, CRACS + 1):
                crac = dump.device(f"crac-{hall}-{count}", "crac", None, hall)
                self.cooling.append({"from": f"netbox:device/{crac}", "to": f"netbox:location/{hall}"})
                for side in "AB":
                    port = dump.port("powerport", crac, f"In {side}", maximum_draw=12_000)
                    dump.cable(port, self._feed(side, f"{side}-CRAC-{hall}-{count}", 20_000), "power")

    def _feed(self, side: str, name: str, power: int) -> Port:
        return "powerfeed", self.dump.add(
            "dcim.powerfeed",
            name=name, power_panel=self.panels["AB".index(side)], rack=None, status="active", supply="ac",
            type="primary" if side == "A" else "redundant", voltage=400, amperage=round(power / 400 / 3**0.5),
            available_power=power, mark_connected=False,
        )  # fmt: skip

    def _rack(self, hall: int, number: int) -> None:
        """A rack with a PDU on each UPS, servers with two cords and a switch; the last rack has a machine with one."""
        dump = self.dump
        name = f"{hall}{number:02}"
        rack = dump.add("dcim.rack", name=name, site=SITE, location=hall, status="active", tenant=None,
                        facility_id=name)  # fmt: skip
        for side in "AB":
            pdu = dump.device(f"pdu-{name}-{side.lower()}", "pdu", rack, hall)
            inlet = dump.port("powerport", pdu, "Inlet", maximum_draw=None)
            dump.cable(inlet, self.free[0, side].pop(0), "power")
            self.free[rack, side] = [
                dump.port("poweroutlet", pdu, f"Outlet {n}", power_port=inlet[1]) for n in range(1, OUTLETS + 1)
            ]
        switch = dump.device(f"tor-{name}", "tor-switch", rack, hall)
        self._plug(switch, rack, "AB", 350)
        self.uplinks[switch] = [dump.port("interface", switch, f"et-0/0/{n}", type="40gbase-x-qsfpp") for n in (48, 49)]
        for count in range(1, SERVERS + 1):
            alone = (hall, number, count) == (HALLS, RACKS, SERVERS)
            server = dump.device(
                f"srv-{name}-{count:02}" if not alone else "legacy-billing", "server", rack, hall,
                cluster=None if alone else hall, tenant=1 if alone else None,
            )  # fmt: skip
            self._plug(server, rack, "A" if alone else "AB", 800)
            nic = dump.port("interface", server, "eth0", type="10gbase-x-sfpp")
            dump.cable(nic, dump.port("interface", switch, f"xe-0/0/{count}", type="10gbase-x-sfpp"), "dac-passive")

    def _plug(self, device: int, rack: int, sides: str, draw: int) -> None:
        for number, side in enumerate(sides, start=1):
            port = self.dump.port("powerport", device, f"PSU{number}", maximum_draw=draw)
            self.dump.cable(port, self.free[rack, side].pop(0), "power")

    def _network(self) -> None:
        """Two border routers in the first rack, each switch on both: in hall 2 through panels and a trunk."""
        dump = self.dump
        panels = []
        for rack, hall in ((1, 1), (RACKS + 1, 2)):
            panel = dump.device(f"pp-{hall}", "patch-panel", rack, hall)
            rear = dump.port("rearport", panel, "Trunk", type="mpo", positions=12)
            fronts = [
                dump.port("frontport", panel, f"Port {n}", type="lc", rear_port=rear[1], rear_port_position=n)
                for n in range(1, 13)
            ]
            panels.append((rear, fronts))
        dump.cable(panels[0][0], panels[1][0], "smf")
        provider = dump.add("circuits.provider", name="Synthetic Carrier", slug="synthetic-carrier")
        dump.add("circuits.providernetwork", name="Synthetic Carrier IP", provider=provider, service_id="AS64500")
        dump.add("circuits.circuittype", name="Transit", slug="transit")
        strand = 0
        for number in (1, 2):
            router = dump.device(f"br-{number}", "border-router", 1, 1)
            self._plug(router, 1, "AB", 900)
            for count, uplinks in enumerate(self.uplinks.values(), start=1):
                own = dump.port("interface", router, f"et-0/0/{count}", type="40gbase-x-qsfpp")
                if count <= RACKS:
                    dump.cable(own, uplinks[number - 1], "smf")
                    continue
                dump.cable(own, panels[0][1][strand], "smf")
                dump.cable(panels[1][1][strand], uplinks[number - 1], "smf")
                strand += 1
            self._circuit(number, dump.port("interface", router, "et-0/1/0", type="100gbase-x-qsfp28"))

    def _circuit(self, number: int, port: Port) -> None:
        dump = self.dump
        circuit = dump.add("circuits.circuit", cid=f"SYN-FRA5-{number}", provider=1, type=1, status="active",
                           tenant=None, commit_rate=10_000_000)  # fmt: skip
        ends = [
            dump.add("circuits.circuittermination", circuit=circuit, term_side=side, termination_type=kind,
                     termination_id=1)
            for side, kind in (("A", ["dcim", "site"]), ("Z", ["circuits", "providernetwork"]))
        ]  # fmt: skip
        dump.cable(port, ("circuittermination", ends[0]), "smf")

    def _machines(self) -> None:
        for hall in range(1, HALLS + 1):
            for number in range(1, 21):
                self.dump.add(
                    "virtualization.virtualmachine",
                    name=f"vm-{hall}{number:02}", cluster=hall, device=None, site=None, status="active",
                    tenant=1 + number % len(TENANTS), vcpus="4.00", memory=16_000, disk=None,
                )  # fmt: skip


def write_colocation(grid: Grid, folder: Path) -> None:
    """Write the dump, and three tables: what feeds the panels, cools the halls and carries the circuits."""
    site = Colocation()
    site.build()
    folder.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in site.dump.entries)
    (folder / "netbox.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    places = {bus: grid.place(bus) for bus in grid.buses if bus in grid.station_of}
    order = nearest(PLACE, places)
    second = next(bus for bus in order if grid.station_of[bus] != grid.station_of[order[0]])
    feeds = zip((order[0], second), site.panels, strict=True)
    utility = [{"from": f"grid:bus/{bus}", "to": f"netbox:power-panel/{panel}"} for bus, panel in feeds]
    access = [{"from": f"fibre:router/{town}", "to": f"netbox:circuit/{n}"} for n, town in enumerate(TOWNS, start=1)]
    for name, rows in (("utility", utility), ("cooling", site.cooling), ("access", access)):
        write_csv(folder / f"{name}.csv", ["from", "to"], rows)
