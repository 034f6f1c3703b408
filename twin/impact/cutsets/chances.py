"""How likely each asset is down at random, and what that makes of its target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InvalidParameter
from twin.impact.cutsets.bdd import FALSE, MAX_VARIABLES, TRUE, Diagrams, NodeLimit
from twin.schema import suggest
from twin.snapshot.arrays import Arrays, Bools, Floats
from twin.snapshot.catalogue import Catalogue

GIVEN = ("unavailability", "mttf_h", "mttr_h")


def chances(
    arrays: Arrays, catalogue: Catalogue, given: Mapping[str, float] | None, by_kind: Mapping[str, float] | None = None
) -> tuple[Floats, Bools]:
    """The probability of each asset to be down by a failure of its own.

    Args:
        given: id -> probability, instead of what the assets carry (assets that it does not name keep theirs).
        by_kind: kind -> probability, for assets that carry nothing.

    Returns:
        (n,) probabilities, and (n,) whether there are data: ``unavailability``, or else ``mttf_h`` and ``mttr_h``
        (then mttr / (mttf + mttr)). Without data an asset cannot fail at random.

    Raises:
        UnknownAsset. InvalidParameter: a probability is not from 0 to 1, or no asset has the kind.
    """
    own, mttf, mttr = (_column(arrays, name) for name in GIVEN)
    with np.errstate(invalid="ignore", divide="ignore"):
        from_times = mttr / (mttf + mttr)
    found = np.where(np.isnan(own), from_times, own)
    kinds = pc.cast(arrays.assets["kind"], pa.string())
    for kind, value in (by_kind or {}).items():
        chosen = pc.equal(kinds, kind).to_numpy(zero_copy_only=False)
        if not chosen.any():
            near = suggest(kind, [word for word in pc.unique(kinds).to_pylist() if word])
            raise InvalidParameter(f"no asset has the kind {kind!r}.{near}", fix="List them with: twin schema")
        found[chosen & np.isnan(found)] = _checked(f"kind {kind}", value)
    for name, value in (given or {}).items():
        found[catalogue.row(name)] = _checked(name, value)
    known = ~np.isnan(found)
    wrong = np.flatnonzero(known & ~((found >= 0) & (found <= 1)))
    if len(wrong):
        _checked(catalogue.ids(wrong[:1])[0], float(found[wrong[0]]))
    return np.where(known, found, 0.0), known


def _column(arrays: Arrays, name: str) -> Floats:
    missing = np.full(arrays.n, np.nan)
    if name not in arrays.assets.column_names:
        return missing
    column = arrays.assets[name]
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        return missing
    values: Floats = pc.cast(column, pa.float64()).fill_null(float("nan")).to_numpy(zero_copy_only=False)
    return values.copy()


def _checked(name: str, value: float) -> float:
    if not 0 <= value <= 1:  # also refuses NaN
        raise InvalidParameter(f"the unavailability of {name} is {value}", fix="Give a number from 0 to 1.")
    return value


@dataclass
class Chance:
    """The unavailability of the target.

    Attributes:
        lower, upper: bounds; equal when the value is exact. rare_event: sum over the cut sets of the products of
            their members, the usual approximation from above. exact: whether it is exact.
        slope: row -> Birnbaum importance, of the function behind ``lower``.
    """

    lower: float
    upper: float
    rare_event: float
    exact: bool
    slope: dict[int, float]

    def importances(self, chance: Floats) -> list[tuple[int, dict[str, float | None]]]:
        """Row and importances of each asset that can fail at random, the largest contribution first.

        With P the unavailability, P1 and P0 that with the asset certainly down and certainly up: Birnbaum P1 - P0,
        Fussell-Vesely (P - P0) / P, risk achievement worth P1 / P, risk reduction worth P / P0 (None for infinite).
        """
        p = self.lower
        found: list[tuple[int, dict[str, float | None]]] = []
        for row, birnbaum in self.slope.items():
            q = float(chance[row])
            if q <= 0 or p <= 0:
                continue
            without = max(p - q * birnbaum, 0.0)
            certain = p + (1 - q) * birnbaum
            # P0 is a difference: what is left of it after rounding is no number to divide by
            reduction = p / without if without > p * 1e-12 else None
            entry: dict[str, float | None] = {
                "birnbaum": birnbaum,
                "fussell_vesely": min(q * birnbaum / p, 1.0),
                "raw": certain / p,
                "rrw": reduction,
            }
            found.append((row, entry))
        return sorted(found, key=lambda e: (-(e[1]["fussell_vesely"] or 0.0), e[0]))


def rare_event(cuts: Sequence[Sequence[int]], chance: Floats) -> float:
    """Sum of the products: not below the unavailability when *cuts* are all minimal cut sets."""
    return float(sum(np.prod(chance[list(cut)]) for cut in cuts))


def exact(diagrams: Diagrams, root: int, events: Sequence[int], chance: Floats) -> tuple[float, dict[int, float]]:
    """P of a structure function, and row -> Birnbaum importance."""
    p, slope = diagrams.probability(root, chance[list(events)].tolist() if events else [])
    return p, {events[variable]: value for variable, value in slope.items()}


def at_least(cuts: Sequence[Sequence[int]], chance: Floats, limit: int) -> tuple[float, dict[int, float]]:
    """P that one of *cuts* fails as a whole: exact up to *limit* nodes, then of the likeliest, a lower bound."""
    likely = sorted((c for c in cuts if np.prod(chance[list(c)]) > 0), key=lambda c: -float(np.prod(chance[list(c)])))
    events = list(dict.fromkeys(v for cut in likely for v in cut))[:MAX_VARIABLES]
    place = {v: i for i, v in enumerate(events)}
    diagrams, root = Diagrams(limit), FALSE
    try:
        for cut in likely:
            if all(v in place for v in cut):
                root = diagrams.either(root, diagrams.at_least(len(cut), [diagrams.var(place[v]) for v in cut]))
    except NodeLimit:
        pass  # the union so far is a bound as well
    return exact(diagrams, root, events, chance)


def at_most(paths: Sequence[int], events: Sequence[int], chance: Floats, limit: int) -> float:
    """P that every path set (bits of *events*) has a failure, up to *limit* nodes: an upper bound.

    Assets of the same path sets fail as one; the best path sets come first, so that stopping early costs least.
    """
    member = [[i for i in range(len(events)) if path >> i & 1 and chance[events[i]] > 0] for path in paths]
    sign: dict[int, int] = {}
    for j, path in enumerate(member):
        for i in path:
            sign[i] = sign.get(i, 0) | 1 << j
    up: dict[int, float] = {}
    for i, signature in sign.items():
        up[signature] = up.get(signature, 1.0) * (1.0 - float(chance[events[i]]))
    groups = [sorted({sign[i] for i in path}) for path in member]
    ranked = sorted(groups, key=lambda path: -float(np.prod([up[s] for s in path])))
    order = list(dict.fromkeys(s for path in ranked for s in path))[:MAX_VARIABLES]
    place = {s: i for i, s in enumerate(order)}
    down = [1.0 - up[s] for s in order]
    diagrams, root = Diagrams(limit), TRUE
    try:
        for path in ranked:
            if all(s in place for s in path):
                root = diagrams.both(root, diagrams.at_least(1, [diagrams.var(place[s]) for s in path]))
    except NodeLimit:
        pass  # fewer path sets leave a bound as well
    return diagrams.probability(root, down)[0]
