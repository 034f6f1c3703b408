"""NetBox: tenants and contacts, providers and circuits, clusters and virtual machines."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from loaders.netbox_base import Work, native
from loaders.netbox_cables import CIRCUIT, Cables, Tracer
from loaders.netbox_objects import Key, Obj
from loaders.netbox_places import Parts


def read_contacts(work: Work) -> None:
    """Remember the names of contacts by what they are assigned to."""
    if not work.options.contacts:
        return
    found: dict[tuple[str, Key], list[str]] = defaultdict(list)
    for one in work.inventory.all("tenancy.contactassignment"):
        column = "object_type" if "object_type" in one.fields else "content_type"
        contact = work.inventory.ref(one, "contact", "tenancy.contact")
        about = work.inventory.scope(one, column, "object_id")
        if contact is not None and about is not None:
            found[about.node].append(contact.name)
    work.contacts = {node: ", ".join(sorted(names)) for node, names in found.items()}


def make_tenants(work: Work) -> None:
    """Tenants as assets."""
    for tenant in work.inventory.all("tenancy.tenant"):
        work.asset(tenant, "tenant", ref=tenant.text("slug"))


def make_circuits(work: Work, cables: Cables, tracer: Tracer) -> None:
    """Providers, their networks and circuits; a circuit that no cable reaches joins its sites itself."""
    inventory = work.inventory
    for provider in inventory.all("circuits.provider"):
        work.asset(provider, "provider", ref=provider.text("slug"))
    for network in inventory.all("circuits.providernetwork"):
        owner = inventory.ref(network, "provider", "circuits.provider")
        work.asset(network, "provider_network", ref=network.text("service_id"))
        if owner is not None:
            work.link(native(owner), "CARRIES", native(network), network)
    for circuit in inventory.all(CIRCUIT):
        _circuit(work, cables, tracer, circuit)


def _circuit(work: Work, cables: Cables, tracer: Tracer, circuit: Obj) -> None:
    inventory = work.inventory
    provider = inventory.ref(circuit, "provider", "circuits.provider")
    type_ = inventory.ref(circuit, "type", "circuits.circuittype")
    rate = circuit.fields.get("commit_rate")
    work.asset(
        circuit,
        "circuit",
        circuit.text("cid"),
        ref=circuit.text("cid"),
        operator=provider.name if provider is not None else None,
        technology=type_.name if type_ is not None else None,
        capacity_gbps=_scaled(rate, 1e-6),
    )
    if provider is not None:
        work.link(native(provider), "CARRIES", native(circuit), circuit)
    sides = tracer.sides.get(circuit.pk, [])
    cabled = any(side.node in cables.at for side in sides)
    for side in sides:
        place = work.terminates(side)
        if place is None:
            continue
        if place.model == "circuits.providernetwork":
            work.link(native(place), "CARRIES", native(circuit), side)
        if not cabled:
            work.link(native(place), "TRANSPORTS", native(circuit), side)


def _scaled(raw: Any, factor: float) -> Any:
    try:
        return float(raw) * factor
    except (TypeError, ValueError, OverflowError):
        return raw


def make_machines(work: Work, parts: Parts) -> None:
    """Clusters on their hosts, virtual machines on them, tenants on their machines."""
    inventory = work.inventory
    hosts: dict[Key, list[Obj]] = defaultdict(list)
    for device in inventory.all("dcim.device"):
        cluster = inventory.ref(device, "cluster", "virtualization.cluster")
        if cluster is not None:
            hosts[cluster.pk].append(device)
    for cluster in inventory.all("virtualization.cluster"):
        _cluster(work, cluster, hosts[cluster.pk])
    for vm in inventory.all("virtualization.virtualmachine"):
        _vm(work, vm)
    for model in ("virtualization.virtualmachine", "dcim.device"):
        for machine in inventory.all(model):
            tenant = inventory.ref(machine, "tenant", "tenancy.tenant")
            if tenant is None or native(machine) not in work.kinds:
                continue
            alone = model == "virtualization.virtualmachine" or machine.pk not in parts.hosting
            if alone and work.kinds[native(machine)] in ("vm", "server") and not work.statuses[native(machine)]:
                work.link(native(machine), "SERVES", native(tenant), machine, need=work.options.tenants)


def _cluster(work: Work, cluster: Obj, hosts: list[Obj]) -> None:
    type_ = work.inventory.ref(cluster, "type", "virtualization.clustertype")
    if not work.asset(cluster, "cluster", equipment_type=type_.name if type_ is not None else None):
        return
    need: int | str = work.options.hosts.get(cluster.name, "any")
    for host in hosts:
        work.link(native(host), "HOSTS", native(cluster), host, need=need)
    scope = work.inventory.scope(cluster, "scope_type", "scope_id") or work.inventory.ref(cluster, "site", "dcim.site")
    if scope is not None and scope.model in ("dcim.site", "dcim.location"):
        work.link(native(scope), "CONTAINS", native(cluster), cluster)
    elif scope is not None and scope.model in ("dcim.region", "dcim.sitegroup"):
        work.link(native(scope), "WITHIN", native(cluster), cluster)


def _vm(work: Work, vm: Obj) -> None:
    inventory = work.inventory
    cpus = _scaled(vm.fields.get("vcpus"), 1.0)
    cpus = math.ceil(cpus) if isinstance(cpus, float) and math.isfinite(cpus) else cpus
    memory = _scaled(vm.fields.get("memory"), 1e-3)
    if not work.asset(vm, "vm", cpus=cpus, memory_gb=memory, ref=vm.text("serial")):
        return
    cluster = inventory.ref(vm, "cluster", "virtualization.cluster")
    host = inventory.ref(vm, "device", "dcim.device")
    if host is not None and (cluster is None or work.options.pinned_vms == "stay"):
        work.link(native(host), "HOSTS", native(vm), vm)
    elif cluster is not None:
        work.link(native(cluster), "HOSTS", native(vm), vm)
    site = inventory.ref(vm, "site", "dcim.site") if cluster is None and host is None else None
    if site is not None:
        work.link(native(site), "CONTAINS", native(vm), vm)
