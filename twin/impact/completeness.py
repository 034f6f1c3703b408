"""How complete the data are, by source and kind: six shares that are counted, and their weighted mean.

No part is a guess: each is ``have`` of ``of``; where there is nothing to count (0 of 0) it has no share and no weight.
Absent values are taken as *none* by every answer (no buffer, in service); here they count as not stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.impact.checks.columns import codes
from twin.impact.checks.connections import ALONE, PLACE
from twin.impact.rests import Resting, resting, rows_of
from twin.impact.system import System
from twin.model import Finding
from twin.schema import Schema
from twin.snapshot.arrays import Bools, Longs

#: Part -> its weight in the score. What decides verdicts weighs most.
WEIGHTS = {"supply": 3, "connected": 2, "clean": 2, "stated": 1, "place": 1, "properties": 1}
#: Findings that other parts count already, or that are no fault.
COUNTED = {"assumed_supplied", "isolated_asset"}
#: Properties named as those that are missing most.
NAMED = 5


@dataclass(repr=False)
class CompletenessResult(Resting):
    """How complete the data are.

    Attributes:
        revision: state of the twin. total: of everything. sources: of each source. rows: of each source and kind, as
            the sources, most assets first. Each has ``source, kind, domain`` (None where it is about several),
            ``assets``, ``score`` (0 to 1; None where nothing could be counted), ``parts`` (name -> ``have``, ``of``,
            ``share``) and ``missing`` (the kind's own properties that are missing most: ``property, missing, of``).
        weights: of the parts in a score. notes: caveats.
    """

    QUESTION: ClassVar[str] = "completeness"

    revision: int
    total: dict[str, Any]
    sources: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    weights: dict[str, int] = field(default_factory=lambda: dict(WEIGHTS))
    notes: list[str] = field(default_factory=list)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """See :meth:`twin.display.Answer.from_dict`."""
        return super().from_dict({**document, "rows": document["items"]})

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "revision": self.revision,
            "assumptions": self.assumptions,
            "weights": self.weights,
            "total": self.total,
            "sources": self.sources,
            "items": self.rows,
            "notes": self.notes,
        }


class _Groups:
    """The assets by source and kind."""

    def __init__(self, system: System) -> None:
        self.sources, source = codes(system, "source")
        self.kinds, kind = codes(system, "kind")
        self.there: Bools = ~system.arrays.removed
        self.kind = kind
        self.group: Longs = source.astype(np.int64) * len(self.kinds) + kind
        self.size = len(self.sources) * len(self.kinds)

    def count(self, mask: Bools) -> Longs:
        """(size,) assets of *mask* in each group."""
        found: Longs = np.bincount(self.group[mask & self.there], minlength=self.size)
        return found

    def of_kind(self, kinds: Iterable[str]) -> Bools:
        """(n,) assets of these kinds."""
        wanted = set(kinds)
        found: Bools = np.isin(self.kind, [i for i, name in enumerate(self.kinds) if name in wanted])
        return found


def completeness(system: System, schema: Schema, findings: Iterable[Finding] = ()) -> CompletenessResult:
    """How complete the data of each source and kind are.

    Args:
        findings: what is known to be wrong, of the data and (from a store) of the imports.
    """
    groups = _Groups(system)
    found = list(findings)
    parts = {
        "supply": _supply(system, schema, groups),
        "connected": _connected(system, groups),
        "clean": (groups.count(~_faulty(system, found)), groups.count(groups.there)),
        "stated": _stated(system, schema, groups),
        "place": _placed(system, schema, groups),
        "properties": _properties(system, schema, groups),
    }
    assets, missing = groups.count(groups.there), _missing(system, schema, groups)
    rows = [
        {
            "source": groups.sources[at // len(groups.kinds)] or None,
            "kind": groups.kinds[at % len(groups.kinds)],
            "domain": schema.kinds[groups.kinds[at % len(groups.kinds)]].domain if _known(schema, groups, at) else None,
            **_scored(int(assets[at]), {name: (int(a[at]), int(b[at])) for name, (a, b) in parts.items()}),
            "missing": missing.get(at, []),
        }
        for at in np.flatnonzero(assets).tolist()
    ]
    sources = [_summed(name, [row for row in rows if row["source"] == name]) for name in _names(rows)]
    place = {entry["source"]: i for i, entry in enumerate(sources)}
    rows.sort(key=lambda row: (place[row["source"]], -row["assets"], row["kind"]))
    notes = []
    if any(len(finding.assets) < finding.count for finding in found if finding.severity != "info"):
        notes.append("A finding of an import names its first assets only; the others count as without a finding.")
    result = CompletenessResult(system.arrays.revision, _summed(None, rows), sources, rows, notes=notes)
    return resting(result, system, "whole")


def _known(schema: Schema, groups: _Groups, at: int) -> bool:
    return groups.kinds[at % len(groups.kinds)] in schema.kinds


def _names(rows: list[dict[str, Any]]) -> list[str | None]:
    return sorted({row["source"] for row in rows}, key=lambda name: (name is None, name or ""))


def _scored(assets: int, parts: dict[str, tuple[int, int]]) -> dict[str, Any]:
    """Assets, score and parts. The score is the mean of the shares by weight, over the parts that have one."""
    shares = {name: have / of for name, (have, of) in parts.items() if of}
    weight = sum(WEIGHTS[name] for name in shares)
    score = sum(WEIGHTS[name] * share for name, share in shares.items()) / weight if weight else None
    return {
        "assets": assets,
        "score": None if score is None else round(score, 4),
        "parts": {
            name: {"have": have, "of": of, "share": round(shares[name], 4) if of else None}
            for name, (have, of) in parts.items()
        },
    }


def _summed(source: str | None, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Several rows as one: counts add up, and the score is that of the sums."""
    parts = {
        name: (sum(row["parts"][name]["have"] for row in rows), sum(row["parts"][name]["of"] for row in rows))
        for name in WEIGHTS
    }
    return {"source": source, "kind": None, "domain": None, **_scored(sum(row["assets"] for row in rows), parts)}


def _supply(system: System, schema: Schema, groups: _Groups) -> tuple[Longs, Longs]:
    """Services that the kind requires: those with a gate, that is with a known supplier, of all."""
    gates = system.gates
    have, of = np.zeros(groups.size, np.int64), np.zeros(groups.size, np.int64)
    numbers = {name: number for number, name in enumerate(system.arrays.services)}
    for service in schema.services:
        needs = groups.of_kind(kind.name for kind in schema.kinds.values() if service in kind.requires)
        has = np.zeros(system.n, bool)
        has[gates.owner[gates.service == numbers.get(service, -1)]] = True
        have, of = have + groups.count(needs & has), of + groups.count(needs)
    return have, of


def _connected(system: System, groups: _Groups) -> tuple[Longs, Longs]:
    """Assets that a link touches; places and tenants may stand alone."""
    arrays = system.arrays
    linked = np.zeros(system.n, bool)
    linked[arrays.link_from] = linked[arrays.link_to] = True
    names, domain = codes(system, "domain")
    alone = groups.of_kind(ALONE) | np.isin(domain, [i for i, name in enumerate(names) if name == PLACE])
    return groups.count(linked & ~alone), groups.count(~alone)


def _faulty(system: System, findings: Iterable[Finding]) -> Bools:
    """(n,) assets that do not operate before any event though in service, or that a finding names (not for info)."""
    faulty: Bools = system.arrays.in_service & ~system.baseline
    ids = {
        name
        for finding in findings
        if finding.severity != "info" and finding.code not in COUNTED
        for name in finding.assets
    }
    faulty[rows_of(system, ids)] = True
    return faulty


def _stated(system: System, schema: Schema, groups: _Groups) -> tuple[Longs, Longs]:
    """What decides verdicts and is taken as none where absent: the status, and a buffer for each service required."""
    have, of = groups.count(_filled(system, "status")), groups.count(groups.there)
    for service in schema.services:
        needs = groups.of_kind(kind.name for kind in schema.kinds.values() if service in kind.requires)
        have = have + groups.count(needs & _filled(system, schema.ride_through(service)))
        of = of + groups.count(needs)
    return have, of


def _placed(system: System, schema: Schema, groups: _Groups) -> tuple[Longs, Longs]:
    """Physical assets with a point or a shape."""
    kinds = [k.name for k in schema.kinds.values() if k.layer == "physical" and k.geometry != "none"]
    physical = groups.of_kind(kinds)
    return groups.count(physical & (_filled(system, "lon") | _filled(system, "geometry"))), groups.count(physical)


def _properties(system: System, schema: Schema, groups: _Groups) -> tuple[Longs, Longs]:
    """Cells of the properties that the kind itself has: filled, of all."""
    have, of = np.zeros(groups.size, np.int64), np.zeros(groups.size, np.int64)
    for name, kinds in _own(schema, groups):
        mask = groups.of_kind(kinds)
        have, of = have + groups.count(mask & _filled(system, name)), of + groups.count(mask)
    return have, of


def _missing(system: System, schema: Schema, groups: _Groups) -> dict[int, list[dict[str, Any]]]:
    """Group -> its own properties that are missing most."""
    found: dict[int, list[dict[str, Any]]] = {}
    total = groups.count(groups.there)
    for name, kinds in _own(schema, groups):
        lacking: Longs = groups.count(groups.of_kind(kinds) & ~_filled(system, name))
        for at in np.flatnonzero(lacking).tolist():
            found.setdefault(at, []).append({"property": name, "missing": int(lacking[at]), "of": int(total[at])})
    return {at: sorted(some, key=lambda one: (-one["missing"], one["property"]))[:NAMED] for at, some in found.items()}


def _own(schema: Schema, groups: _Groups) -> Iterator[tuple[str, list[str]]]:
    """Each property that a kind has beside those of all assets, with the kinds that are here."""
    kinds: dict[str, list[str]] = {}
    for kind in groups.kinds:
        for name in schema.kinds[kind].properties if kind in schema.kinds else ():
            if not name.startswith("ride_through_"):
                kinds.setdefault(name, []).append(kind)
    yield from kinds.items()


def _filled(system: System, name: str) -> Bools:
    """(n,) assets that have a value of a property."""
    table: pa.Table = system.arrays.assets
    if name not in table.column_names:
        return np.zeros(system.n, bool)
    column = table[name]
    filled: Bools = pc.is_valid(column).to_numpy(zero_copy_only=False)
    if pa.types.is_floating(column.type):
        filled = filled & ~np.isnan(pc.cast(column, pa.float64()).fill_null(np.nan).to_numpy())
    return np.array(filled, bool)
