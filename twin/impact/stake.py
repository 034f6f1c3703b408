"""What an event costs and what it leaves: assets, capacity, demand, customers, GPUs; inside and outside a footprint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.impact import verdicts as v
from twin.impact.event import Chosen
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Floats, Ints

#: Properties that are summed.
CAPACITIES = ("capacity_mw", "demand_mw", "capacity_gbps", "gpus", "customers")
#: Properties that what is hosted *uses*: they are the host's, and a domain would count them twice.
USED = ("gpus",)
HOSTING = "hosting"

Sums = dict[str, dict[str, dict[str, float]]]


def stake(system: System, verdicts: v.Verdicts, chosen: Chosen) -> dict[str, Any]:
    """What is lost (failed or down at the horizon) and what survives (operated before and works at the horizon).

    Returns:
        ``by_domain`` and ``by_kind``: name -> part -> sums, ``assets`` and the properties of ``CAPACITIES``. The
        parts are ``lost``, ``survives`` and ``at_risk`` (of those that survive); with a footprint also
        ``lost_inside``, ``lost_outside`` and ``lost_unplaced`` (in none of both: no place is known), and
        ``survives_inside``. Parts that are empty are left out.
    """
    code = verdicts.verdict
    lost = (code == v.FAILED) | (code == v.DOWN)
    survives = system.baseline & ~lost
    parts = {"lost": lost, "survives": survives, "at_risk": survives & verdicts.at_risk}
    if chosen.inside is not None and chosen.known is not None:
        parts["lost_inside"] = lost & chosen.inside
        parts["lost_outside"] = lost & ~chosen.inside & chosen.known
        parts["lost_unplaced"] = lost & ~chosen.inside & ~chosen.known
        parts["survives_inside"] = survives & chosen.inside
    values = _values(system)
    kinds = set(_names(system, "kind", lost))
    return {
        "by_domain": _by(system, "domain", parts, _without_used(system, values)),
        "by_kind": {name: sums for name, sums in _by(system, "kind", parts, values).items() if name in kinds},
    }


def capacity_lost(of: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Domain -> property -> sum over what is lost, from a stake."""
    lost = {domain: dict(parts.get("lost", {})) for domain, parts in of["by_domain"].items()}
    for sums in lost.values():
        sums.pop("assets", None)
    return {domain: sums for domain, sums in lost.items() if sums}


def _values(system: System) -> dict[str, Floats]:
    table = system.arrays.assets
    found: dict[str, Floats] = {}
    for name in CAPACITIES:
        if name not in table.column_names:
            continue
        column = table[name]
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            continue
        values = pc.fill_null(pc.cast(column, pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        found[name] = values
    return found


def _without_used(system: System, values: dict[str, Floats]) -> dict[str, Floats]:
    hosted = _hosted(system)
    return {name: np.where(hosted, 0.0, value) if name in USED else value for name, value in values.items()}


def _hosted(system: System) -> Bools:
    """(n,) assets that run on others."""
    hosting = [i for i, name in enumerate(system.arrays.services) if name == HOSTING]
    return system.owners(np.isin(system.gates.service, hosting))


def _codes(system: System, column: str) -> tuple[Ints, list[str]]:
    whole = system.arrays.assets[column].combine_chunks()
    return whole.indices.to_numpy(zero_copy_only=False), whole.dictionary.to_pylist()


def _names(system: System, column: str, flag: Bools) -> list[str]:
    codes, names = _codes(system, column)
    return [names[i] for i in np.unique(codes[flag])]


def _by(system: System, column: str, parts: dict[str, Bools], values: dict[str, Floats]) -> Sums:
    codes, names = _codes(system, column)
    found: Sums = {}
    for part, flag in parts.items():
        rows = np.flatnonzero(flag)
        counts = np.bincount(codes[rows], minlength=len(names))
        sums = {name: np.bincount(codes[rows], value[rows], len(names)) for name, value in values.items()}
        for code in np.flatnonzero(counts).tolist():
            entry = found.setdefault(names[code], {}).setdefault(part, {})
            entry["assets"] = entry.get("assets", 0) + int(counts[code])
            for name, total in sums.items():
                if total[code]:
                    entry[name] = round(entry.get(name, 0.0) + float(total[code]), 6)
    return found
