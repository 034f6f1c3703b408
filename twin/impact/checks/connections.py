"""Assets without any link, ends in nothing, meshes that fall apart into islands, and what was only assumed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.impact.checks.columns import about, codes, in_order, of_kinds, texts
from twin.impact.system import System
from twin.model import Finding

#: Kinds that stand alone without harm: places, and who owns things.
ALONE = {"country", "region", "building", "site", "tenant", "provider"}
#: Domain whose assets nothing has to be linked to.
PLACE = "place"
LARGEST = 5
#: Lines with two ends -> the links that join them.
ONE_END = {"power_line": {"CONDUCTS", "POWERS"}, "hvdc_line": {"CONDUCTS", "POWERS"}, "span": {"TRANSPORTS"}}


def isolated(system: System) -> Iterator[Finding]:
    """Assets in service that no link touches."""
    a = system.arrays
    linked = np.zeros(system.n, bool)
    linked[a.link_from] = linked[a.link_to] = True
    names, kind = codes(system, "kind")
    domains, domain = codes(system, "domain")
    alone = np.isin(kind, [i for i, name in enumerate(names) if name in ALONE])
    alone |= np.isin(domain, [i for i, name in enumerate(domains) if name == PLACE])
    rows = np.flatnonzero(a.in_service & ~linked & ~alone)
    for code in np.unique(kind[rows]):
        some = rows[kind[rows] == code]
        yield about(
            system, "isolated_asset", "warning",
            f"{len(some):,} {names[code]} asset(s) have no link at all: nothing depends on them and they on nothing",
            "Import or stitch the links that join them, or leave them out.", some,
        )  # fmt: skip


def islands(system: System) -> Iterator[Finding]:
    """Parts of a mesh of lines, spans and the like that nothing joins to the largest part."""
    a = system.arrays
    gates = system.gates
    for service in range(len(a.services)):
        mesh = a.meshes.get(service)
        if mesh is not None:
            ptr = np.asarray(mesh.ptr, np.int64)
            source = np.repeat(np.arange(system.n), ptr[1:] - ptr[:-1])
            target = np.asarray(mesh.to, np.int64)
        else:
            tied = gates.mesh & (gates.service == service)
            at = np.flatnonzero(tied[system.gate_of_member] & gates.member_mesh)
            source, target = gates.owner[system.gate_of_member[at]].astype(np.int64), gates.member[at].astype(np.int64)
        inside = np.zeros(system.n, bool)
        inside[source] = inside[target] = True
        inside &= a.in_service
        keep = inside[source] & inside[target]
        if not inside.any():
            continue
        ones = np.ones(int(keep.sum()), np.int8)
        matrix = coo_array((ones, (source[keep], target[keep])), shape=(system.n, system.n)).tocsr()
        _, label = connected_components(matrix, directed=False)
        sizes = np.bincount(label[inside])
        parts = np.flatnonzero(sizes)
        if len(parts) < 2:
            continue
        shown = in_order(system, np.flatnonzero(inside))
        _, seen = np.unique(label[shown], return_index=True)
        first = dict(zip(label[shown[seen]].tolist(), shown[seen].tolist(), strict=True))
        order = np.array(sorted(parts.tolist(), key=lambda part: (-sizes[part], a.place[first[part]])))
        small = shown[label[shown] != order[0]]
        seeds = [first[part] for part in order[1 : 1 + LARGEST].tolist()]
        told = ", ".join(f"{sizes[p]:,} with {name}" for p, name in zip(order[1:], texts(system, seeds), strict=False))
        yield about(
            system, "mesh_islands", "info",
            f"the {a.services[service]} mesh is in {len(order):,} parts: the largest has {sizes[order[0]]:,} assets, "
            f"then {told}{', ...' if len(order) > LARGEST + 1 else ''}",
            "Look for a missing line, coupler or snapped end where the parts should meet; islands that are real "
            "need nothing.", small,
        )  # fmt: skip


def dangling(system: System) -> Iterator[Finding]:
    """Lines and junctions in service that touch one thing only: ends in nothing."""
    a = system.arrays
    names, kind = codes(system, "kind")
    for line, types in ONE_END.items():
        at = np.isin(a.link_type, [i for i, name in enumerate(a.link_types) if name in types])
        pairs = np.unique(np.sort(np.stack([a.link_from[at], a.link_to[at]], axis=1), axis=1), axis=0)
        ends = np.bincount(pairs.ravel(), minlength=system.n)
        wanted = kind == (names.index(line) if line in names else -1)
        rows = np.flatnonzero(wanted & a.in_service & (ends == 1))
        if len(rows):
            yield about(
                system, "dangling_end", "warning",
                f"{len(rows):,} {line} asset(s) are joined at one end only: what they lead to is not joined to them",
                "Import or snap what lies at the other end; a line that feeds nothing yet can have status planned.",
                rows,
            )  # fmt: skip
    ends = np.unique(np.sort(np.stack([a.link_from, a.link_to], axis=1), axis=1), axis=0)
    met = np.bincount(ends.ravel(), minlength=system.n)
    rows = np.flatnonzero(of_kinds(system, {"line_junction"}) & a.in_service & (met == 1))
    if len(rows):
        yield about(
            system, "dangling_end", "info",
            f"{len(rows):,} line_junction asset(s) have one line and nothing else: what it leads to is not in the twin",
            "Import what lies beyond, or join the end to what it should meet: a line that another export goes on with, "
            "a station out of reach.", rows,
        )  # fmt: skip


def assumed(system: System) -> Iterator[Finding]:
    """Equipment that no export has and a loader assumed, by kind."""
    if "equipment_type" not in system.arrays.assets.column_names:
        return
    words, word = codes(system, "equipment_type")
    names, kind = codes(system, "kind")
    rows = np.flatnonzero((word == words.index("assumed")) if "assumed" in words else np.zeros(system.n, bool))
    for code in np.unique(kind[rows]):
        some = rows[kind[rows] == code]
        yield about(
            system, "assumed_equipment", "info",
            f"{len(some):,} {names[code]} asset(s) are in no export and were assumed, so that what they join is joined",
            "Map or import the real ones: how many there are, and what each joins, decides what their loss takes down.",
            some,
        )  # fmt: skip
