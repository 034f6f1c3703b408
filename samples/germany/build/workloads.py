"""What runs in the made-up data centres: applications with replicas, and the tenants that need them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from circuits import circuits_of
from common import Tables
from sites import DATA_CENTRES, SIZES, DataCentre

BY_KEY = {dc.key: dc for dc in DATA_CENTRES}


@dataclass(frozen=True)
class App:
    """An application: who needs it, where its replicas run, how many machines each has and needs."""

    name: str
    tenant: str
    sites: tuple[str, ...]
    machines: int = 8
    need: int = 6
    online: bool = True


def _apps() -> tuple[App, ...]:
    return (
        App("webshop", "retail", ("frankfurt-1", "berlin-1")),
        App("payments", "bank", ("frankfurt-1", "muenchen-1"), machines=12, need=8),
        App("core-banking", "bank", ("frankfurt-4", "stuttgart-1")),
        App("trading", "bank", ("frankfurt-3",), machines=6, need=4),
        App("patient-records", "hospitals", ("koeln-1", "muenchen-2")),
        App("radiology", "hospitals", ("hamburg-2",)),
        App("city-services", "municipalities", ("dresden-1", "leipzig-1")),
        App("emergency-dispatch", "municipalities", ("hannover-1", "bremen-1")),
        App("river-gauges", "waterways", ("passau-1",)),
        App("lock-control", "waterways", ("karlsruhe-1", "saarbruecken-1")),
        App("streaming", "media", ("hamburg-1", "duesseldorf-1", "muenchen-1"), machines=16, need=10),
        App("news", "media", ("berlin-1", "hamburg-1")),
        App("virtual-power-plant", "energy-trader", ("nuernberg-1",)),
        App("load-forecast", "energy-trader", ("hamburg-1", "stuttgart-1")),
        App("factory-mes", "carmaker", ("stuttgart-1", "nuernberg-1")),
        App("parts-logistics", "carmaker", ("duesseldorf-1", "berlin-2")),
        App("ship-tracking", "port", ("kiel-1", "bremen-1")),
        App("rail-timetable", "railway", ("frankfurt-4", "berlin-2")),
        App("chat-inference", "ai-lab", ("frankfurt-2", "dortmund-1"), machines=24, need=12),
        App("translation-inference", "ai-lab", ("magdeburg-1", "dortmund-1"), machines=24, need=12),
        App("weather-model", "met-office", ("leipzig-1",), machines=32, need=30, online=False),
        App("vision-training", "carmaker", ("frankfurt-2",), machines=32, need=32, online=False),
        App("language-training", "ai-lab", ("leipzig-1", "magdeburg-1"), machines=32, need=31, online=False),
    )


APPS = _apps()
#: The wind parks that the virtual power plant steers, by size.
STEERED_PARKS = 40


def build_workloads(tables: Tables, parks: list[str], rng: random.Random) -> None:
    """Add tenants, workloads, and the parks (full ids) that the virtual power plant controls."""
    for tenant in sorted({app.tenant for app in APPS}):
        title = tenant.replace("-", " ").title()
        tables.asset(f"tenant/{tenant}", "tenant", f"Synthetic tenant {title}")
    used: set[str] = set()
    for app in APPS:
        for key in app.sites:
            _workload(tables, app, BY_KEY[key], used, rng)
    for park in parks:
        tables.link("workload/virtual-power-plant-nuernberg-1", "CONTROLS", park)


def _workload(tables: Tables, app: App, dc: DataCentre, used: set[str], rng: random.Random) -> None:
    native = f"workload/{app.name}-{dc.key}"
    hosts = _hosts(tables, app, dc, used, rng)
    title = app.name.replace("-", " ").capitalize()
    tables.asset(native, "workload", f"{title} at {dc.name}", tenant=app.tenant, tier=dc.size)
    for host in hosts:
        tables.link(host, "HOSTS", native, "", str(min(app.need, len(hosts))))
    if app.online:
        for circuit in circuits_of(dc):
            tables.link(circuit, "SERVES", native)
    if app.name == "language-training":
        tables.link("telecom:circuit/cluster-ost", "SERVES", native, "cluster")
    # Each application is a gate of its tenant; a replica is enough, but training parts need each other anyway.
    tables.link(native, "SERVES", f"tenant/{app.tenant}", app.name)


def _hosts(tables: Tables, app: App, dc: DataCentre, used: set[str], rng: random.Random) -> list[str]:
    """Machines of the site that nobody uses yet: VMs where it has them, else servers of one hall."""
    kind = "vm" if SIZES[dc.size].vms else "server"
    prefix = f"{kind}/{dc.key}-h"
    free = [n for n, row in tables.assets.items() if n.startswith(prefix) and n not in used and not row.get("status")]
    if kind == "vm":
        free = sorted(rng.sample(free, min(app.machines, len(free))))
    chosen = free[: app.machines]
    used.update(chosen)
    return chosen
