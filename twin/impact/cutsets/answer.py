"""The answer about the cut sets of one asset: the same in Python, CLI and API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InvalidParameter, LimitExceeded
from twin.impact.cutsets.bdd import NodeLimit
from twin.impact.cutsets.chances import Chance, at_least, at_most, chances, exact, rare_event
from twin.impact.cutsets.minsol import minimal_solutions
from twin.impact.cutsets.search import Progress, Search
from twin.impact.cutsets.structure import Structure, mask, upstream
from twin.impact.system import System
from twin.schema import suggest
from twin.snapshot.arrays import Bools, Floats
from twin.snapshot.catalogue import Catalogue

MODEL_LEVEL = "L1"
ORDER = 3
#: Sets in one answer at most.
MAX_SETS = 200_000
#: Cascades that one search may take.
MAX_STEPS = 100_000
#: Nodes of a diagram: where a search could do instead, and where only the diagram can.
TRY_NODES, MAX_NODES = 150_000, 2_000_000


@dataclass
class CutSets:
    """The minimal cut sets of one asset, in the steady state (design §4, answer 1).

    Attributes:
        asset: the asset: id, kind, domain, name. revision, model_level: what the answer rests on.
        order: sets of at most so many assets were asked for, None for all.
        method: ``bdd`` (Rauzy's minimal solutions) or ``search`` (hitting path sets). Both are exact.
        can_fail: number of assets that it rests on and that may fail. out: those that did not operate before.
        counts: minimal cut sets by number of assets, from 0 on; of all orders when *complete*.
        complete: whether ``counts`` has every order.
        sets: the sets, smallest first: ``assets``, and ``probability`` when it is known.
        assets: id -> kind, domain and name of every asset in a set.
        unavailability: None without any data, else ``value`` (exact, or None), ``lower``, ``upper``, ``rare_event``
            (the approximation from the sets), ``with_data`` and ``without_data`` (assets that can fail).
        importances: per asset that can fail at random, the largest share first. notes: caveats in words.
    """

    asset: dict[str, Any]
    revision: int
    order: int | None
    method: str
    can_fail: int
    out: int
    counts: list[int]
    complete: bool
    sets: list[dict[str, Any]]
    assets: dict[str, dict[str, Any]]
    unavailability: dict[str, Any] | None = None
    importances: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain data, ready for JSON; with *limit* at most so many sets and importances (``total``: sets in all)."""
        return {
            "asset": self.asset,
            "revision": self.revision,
            "model_level": self.model_level,
            "state": "steady",
            "order": self.order,
            "method": self.method,
            "can_fail": self.can_fail,
            "out": self.out,
            "counts": self.counts,
            "complete": self.complete,
            "total": len(self.sets),
            "sets": self.sets[:limit],
            "assets": self.assets if limit is None else self._named(self.sets[:limit]),
            "unavailability": self.unavailability,
            "importances": self.importances[:limit],
            "notes": self.notes,
        }

    def _named(self, sets: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {name: self.assets[name] for entry in sets for name in entry["assets"]}


@dataclass
class _Found:
    """Cut sets as rows, and what they came from."""

    method: str
    cuts: list[tuple[int, ...]]
    counts: list[int]
    complete: bool
    structure: Structure | None = None
    root: int = 0
    search: Search | None = None


def cut_sets(
    system: System,
    catalogue: Catalogue,
    asset_id: str,
    order: int | None = ORDER,
    probabilities: Mapping[str, float] | None = None,
    kind_probabilities: Mapping[str, float] | None = None,
    can_fail: Sequence[str] | None = None,
    max_steps: int = MAX_STEPS,
    max_nodes: int = MAX_NODES,
    progress: Progress | None = None,
) -> CutSets:
    """The minimal sets of assets whose failure takes an asset down for good, and how likely that is.

    Args:
        order: sets of at most so many assets; None for all, where a diagram of all of them fits.
        probabilities: id -> unavailability, instead of what the assets carry.
        kind_probabilities: kind -> unavailability, for assets that carry none.
        can_fail: kinds or domains that may fail, None for all.
        max_steps: cascades that a search may run. max_nodes: nodes of a diagram of all sets.
        progress: told in words how far it is.

    Raises:
        UnknownAsset. InvalidParameter: the order, a kind or a probability is wrong, or the asset does not operate.
        LimitExceeded: too many sets or too much work; it says what was reached.
    """
    row = catalogue.row(asset_id)
    if not system.baseline[row]:
        why = "is not in service" if not system.arrays.in_service[row] else "does not operate before any event"
        raise InvalidParameter(
            f"{asset_id} {why}: nothing has to fail for it to be down", fix=f"Ask: twin show {asset_id}"
        )
    rows = upstream(system, row)
    allowed = system.baseline & mask(system, rows) & _allowed(system, can_fail)
    possible = int(allowed.sum())
    if order is not None and not 1 <= order <= max(possible, 1):
        raise InvalidParameter(
            f"the order is {order}; {possible:,} assets that {asset_id} rests on can fail",
            fix=f"Give 1 to {max(possible, 1):,}, or none for all sets.",
        )
    chance, known = chances(system.arrays, catalogue, probabilities, kind_probabilities)
    found = _find(system, row, rows, allowed, order, (max_steps, max_nodes), progress)
    result = _assemble(system, catalogue, row, rows, order, found, possible, chance, known)
    likely = allowed & known & (chance > 0)
    if (allowed & known).any():
        _likelihood(result, found, system, catalogue, row, rows, likely, chance, int((allowed & known).sum()))
    return result


def _allowed(system: System, words: Sequence[str] | None) -> Bools:
    """(n,) assets of one of the kinds or domains."""
    if words is None:
        return np.ones(system.n, bool)
    table = system.arrays.assets
    columns = [pc.cast(table[name], pa.string()) for name in ("kind", "domain")]
    there = {word for column in columns for word in pc.unique(column).to_pylist()}
    for word in words:
        if word not in there:
            raise InvalidParameter(
                f"no asset has the kind or domain {word!r}.{suggest(word, sorted(there))}",
                fix="List them with: twin schema",
            )
    chosen = np.zeros(system.n, bool)
    for column in columns:
        chosen |= pc.is_in(column, value_set=pa.array(list(words), pa.string())).to_numpy(zero_copy_only=False)
    return chosen


def _find(
    system: System,
    row: int,
    rows: list[int],
    allowed: Bools,
    order: int | None,
    most: tuple[int, int],
    progress: Progress | None,
) -> _Found:
    steps, nodes = most
    try:
        return _by_diagram(system, row, rows, allowed, order, TRY_NODES if order is not None else nodes)
    except NodeLimit as error:
        if order is None:
            raise LimitExceeded(
                f"all cut sets do not fit a diagram of {nodes:,} nodes ({error})",
                fix="Give an --order (1 to 3 are fast), or let fewer assets fail (--can-fail KIND).",
            ) from None
    search = Search(system, row, rows, allowed, steps, progress)
    search.run(order)
    _check_count(len(search.cuts))
    cuts = [tuple(search.events[i] for i in _bits(cut)) for cut in search.cuts]
    counts = [0] * (order + 1)
    for cut in cuts:
        counts[len(cut)] += 1
    return _Found("search", cuts, counts, False, search=search)


def _by_diagram(system: System, row: int, rows: list[int], allowed: Bools, order: int | None, limit: int) -> _Found:
    structure = Structure(system, row, allowed, limit, rows)
    families, root = minimal_solutions(structure.diagrams, structure.root, limit)
    counts = families.counts(root)
    largest = len(counts) - 1 if order is None else order
    _check_count(sum(counts[: largest + 1]))
    cuts = [tuple(structure.events[i] for i in cut) for cut in families.sets(root, largest)]
    return _Found("bdd", cuts, counts, True, structure, structure.root)


def _check_count(number: int) -> None:
    if number > MAX_SETS:
        raise LimitExceeded(
            f"there are {number:,} minimal cut sets; one answer holds {MAX_SETS:,}",
            fix="Ask for a lower --order, or let fewer assets fail (--can-fail KIND).",
        )


def _bits(number: int) -> list[int]:
    found = []
    while number:
        low = number & -number
        found.append(low.bit_length() - 1)
        number ^= low
    return found


def _assemble(
    system: System,
    catalogue: Catalogue,
    row: int,
    rows: list[int],
    order: int | None,
    found: _Found,
    possible: int,
    chance: Floats,
    known: Bools,
) -> CutSets:
    used = sorted({v for cut in found.cuts for v in cut} | {row})
    brief = dict(zip(used, catalogue.brief(np.array(used, np.int64)), strict=True))
    sets = []
    for cut in found.cuts:
        entry: dict[str, Any] = {"assets": sorted(brief[v]["id"] for v in cut)}
        entry["probability"] = float(np.prod(chance[list(cut)])) if known[list(cut)].all() else None
        sets.append(entry)
    sets.sort(key=lambda e: (len(e["assets"]), -(e["probability"] or 0.0), e["assets"]))
    return CutSets(
        asset=brief[row],
        revision=system.arrays.revision,
        order=order,
        method=found.method,
        can_fail=possible,
        out=int((~system.baseline[rows]).sum()),
        counts=found.counts,
        complete=found.complete,
        sets=sets,
        assets={e["id"]: {k: e[k] for k in ("kind", "domain", "name")} for e in brief.values()},
        notes=["Steady state: buffers and fuel are spent, endless standby sources deliver.",
               "Topology and gates only (L1): overload after re-routing is not checked."],
    )  # fmt: skip


def _likelihood(
    result: CutSets,
    found: _Found,
    system: System,
    catalogue: Catalogue,
    row: int,
    rows: list[int],
    likely: Bools,
    chance: Floats,
    with_data: int,
) -> None:
    """Fill in unavailability and importances."""
    chance = np.where(likely, chance, 0.0)
    answer = _chance(found, system, row, rows, likely, chance)
    result.unavailability = {
        "value": answer.lower if answer.exact else None,
        "lower": answer.lower,
        "upper": answer.upper,
        "rare_event": answer.rare_event,
        "with_data": with_data,
        "without_data": result.can_fail - with_data,
    }
    ranked = answer.importances(chance)
    named = catalogue.brief(np.array([v for v, _ in ranked], np.int64))
    result.importances = [
        {**entry, "unavailability": float(chance[v]), **values}
        for entry, (v, values) in zip(named, ranked, strict=True)
    ]
    if not answer.exact:
        result.notes.append(
            "The unavailability lies between two bounds: that of the sets found, and that of the path sets met "
            "while they were sought; importances are those of the sets found."
        )


def _chance(found: _Found, system: System, row: int, rows: list[int], likely: Bools, chance: Floats) -> Chance:
    rare = rare_event(found.cuts, chance)
    structure = found.structure
    if structure is None:
        try:
            structure = Structure(system, row, likely, TRY_NODES, rows)
        except NodeLimit:
            search = found.search
            p, slope = at_least(found.cuts, chance, TRY_NODES)
            upper = at_most(search.paths, search.events, chance, TRY_NODES) if search is not None else 1.0
            return Chance(p, max(p, upper), rare, False, slope)
    p, slope = exact(structure.diagrams, structure.root, structure.events, chance)
    return Chance(p, p, rare, True, slope)
