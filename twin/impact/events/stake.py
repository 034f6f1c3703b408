"""What an event costs and what it leaves: assets, capacity, demand, customers, GPUs; inside and outside a footprint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.impact import verdicts as v
from twin.impact.events.event import Chosen
from twin.impact.region import Region
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Floats, Ints, Longs

#: Properties that are summed.
CAPACITIES = ("capacity_mw", "demand_mw", "capacity_gbps", "gpus", "customers")
#: Of ``capacity_mw`` the part that only bridges or stands by.
BACKUP = "backup_mw"
#: Properties that what is hosted *uses*: they are the host's, and a domain would count them twice.
USED = ("gpus",)
HOSTING = "hosting"
RIDES = "ride_through_power_s"

Sums = dict[str, dict[str, float]]


class Worth:
    """What the assets of a system are worth, and all that operates before any event by domain and kind.

    Attributes:
        values: property -> (n,), absent counted as 0; ``backup_mw`` is the part of ``capacity_mw`` in standby sources
            and in what rides through a loss of power (batteries). totals: ``domain`` and ``kind`` -> sums.
    """

    def __init__(self, system: System) -> None:
        self._codes = {column: _codes(system, column) for column in ("domain", "kind")}
        self.values = _values(system)
        self._by_domain = _without_used(system, self.values)
        everything = np.flatnonzero(system.baseline)
        self.totals = {column: self.sums(column, everything) for column in self._codes}

    def sums(self, column: str, rows: Longs) -> Sums:
        """``domain`` or ``kind`` -> its sums over *rows*: ``assets`` and the properties that are not 0."""
        codes, names = self._codes[column]
        values = self._by_domain if column == "domain" else self.values
        own = codes[rows]
        counts = np.bincount(own, minlength=len(names))
        totals = {name: np.bincount(own, value[rows], len(names)) for name, value in values.items()}
        found: Sums = {}
        for code in np.flatnonzero(counts).tolist():
            entry = found.setdefault(names[code], {"assets": 0})
            entry["assets"] += int(counts[code])
            for name, total in totals.items():
                entry[name] = entry.get(name, 0.0) + float(total[code])
        return found


def stake(whole: System, part: Region, verdicts: v.Verdicts, chosen: Chosen) -> dict[str, Any]:
    """What is lost (failed or down at the horizon) and what survives (operated before and works at the horizon).

    Args:
        whole: the rules of the snapshot. part: what *verdicts* are about. chosen: the event, in rows of the whole.

    Returns:
        ``by_domain`` and ``by_kind``: name -> part -> sums, ``assets`` and the properties of ``CAPACITIES``. The
        parts are ``lost``, ``survives`` and ``at_risk`` (of those that survive); with a footprint also
        ``lost_inside``, ``lost_outside`` and ``lost_unplaced`` (in none of both: no place is known), and
        ``survives_inside``. Parts that are empty are left out. Kinds of which nothing is lost are too.
    """
    code = verdicts.verdict
    gone = (code == v.FAILED) | (code == v.DOWN)
    lost = part.whole(np.flatnonzero(gone))
    risky = part.whole(np.flatnonzero(part.system.baseline & ~gone & verdicts.at_risk))
    parts = {"lost": lost, "at_risk": risky}
    if chosen.inside is not None and chosen.known is not None:
        inside, known = chosen.inside[lost], chosen.known[lost]
        parts["lost_inside"] = lost[inside]
        parts["lost_outside"] = lost[~inside & known]
        parts["lost_unplaced"] = lost[~inside & ~known]
        parts["survives_inside"] = np.setdiff1d(np.flatnonzero(whole.baseline & chosen.inside), lost)
    worth = whole.kept("worth", lambda: Worth(whole))
    kinds = worth.sums("kind", lost)
    return {
        "by_domain": _by(worth, "domain", parts),
        "by_kind": {name: sums for name, sums in _by(worth, "kind", parts).items() if name in kinds},
    }


def _by(worth: Worth, column: str, parts: dict[str, Longs]) -> dict[str, dict[str, dict[str, float]]]:
    by_part = {part: worth.sums(column, rows) for part, rows in parts.items()}
    by_part["survives"] = {
        name: {of: total - by_part["lost"].get(name, {}).get(of, 0) for of, total in sums.items()}
        for name, sums in worth.totals[column].items()
    }
    found: dict[str, dict[str, dict[str, float]]] = {}
    for part in ("lost", "survives", "at_risk", "lost_inside", "lost_outside", "lost_unplaced", "survives_inside"):
        for name, sums in by_part.get(part, {}).items():
            if sums["assets"]:
                rounded = {of: round(total, 6) for of, total in sums.items()}
                found.setdefault(name, {})[part] = {of: total for of, total in rounded.items() if total}
    return found


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
    if "capacity_mw" in found:
        found[BACKUP] = np.where(_backup(system), found["capacity_mw"], 0.0)
    return found


def _backup(system: System) -> Bools:
    """(n,) standby sources, and assets with a buffer of power."""
    table = system.arrays.assets
    bridges: Bools = np.array(system.arrays.standby, bool)
    if RIDES in table.column_names:
        seconds = pc.fill_null(pc.cast(table[RIDES], pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        bridges |= seconds > 0
    return bridges


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
