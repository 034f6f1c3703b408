"""Dominators: through which single asset all supply of others comes, when any one supplier is enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from twin.errors import InvalidParameter
from twin.impact.meshes import kernels
from twin.impact.meshes.mesh import MODEL_LEVEL, SUMMED, _numbers
from twin.impact.rests import Resting
from twin.impact.system import System
from twin.schema import suggest
from twin.snapshot.arrays import Longs
from twin.snapshot.catalogue import Catalogue


@dataclass(repr=False)
class DominatorResult(Resting):
    """Single points of one service, by dominators; ``to_dict()`` is the answer in every surface.

    Attributes:
        service, revision: what was asked. sources: assets that supply begins at. supplied: assets it reaches.
        items: assets that others depend on alone, the most first: ``id, kind, domain, name, dominated_by`` (the
            nearest asset that all its own supply comes through, None if there is none), ``lost`` (others that lose
            all supply with it) and sums over them and itself. notes: caveats in words.
    """

    QUESTION: ClassVar[str] = "dominators"

    service: str
    revision: int
    sources: int
    supplied: int
    items: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "service": self.service,
            "revision": self.revision,
            "model_level": self.model_level,
            "assumptions": self.assumptions,
            "sources": self.sources,
            "supplied": self.supplied,
            "items": self.items,
            "notes": self.notes,
        }


def idoms(n: int, source: npt.ArrayLike, target: npt.ArrayLike, root: int) -> tuple[Longs, Longs]:
    """Immediate dominators of a digraph (Semi-NCA, Georgiadis 2005; Lengauer & Tarjan 1979).

    Args:
        n: vertices. source, target: (m,) ends of the arcs, 0 to n - 1. root: where all begins.

    Returns:
        (n,) immediate dominator, -1 of the root and of what cannot be reached; the reached in depth-first order.

    Raises:
        InvalidParameter: an end or the root is outside 0 to n - 1, or the arrays differ in length.

    Example:
        >>> idoms(3, [0, 1], [1, 2], 0)[0].tolist()
        [-1, 0, 1]
    """
    a, b = np.asarray(source, np.int64).ravel(), np.asarray(target, np.int64).ravel()
    ends = np.concatenate([a, b, np.array([root])])
    if len(a) != len(b) or ends.min() < 0 or ends.max() >= n:
        raise InvalidParameter(f"the arcs or the root leave 0 to {n - 1}", fix="Number the vertices from 0.")
    ptr, order = kernels.by_source(a, n)
    back_ptr, back_order = kernels.by_source(b, n)
    found: tuple[Longs, Longs] = kernels.dominators(ptr, b[order], back_ptr, a[back_order], root)
    return found


def dominators(system: System, catalogue: Catalogue, service: str) -> DominatorResult:
    """What hangs on each single asset of a service if any one supplier is enough (OR only).

    The digraph has an arc from each member of an outage gate of the service to its owner, and from a root to every
    operating member without such a gate. With gates that need more than one member, and across services, more is
    lost than said here, never less: exact losses are those of ``impact``.

    Raises:
        InvalidParameter: nothing needs this service.
    """
    arrays, g = system.arrays, system.gates
    known = [arrays.services[s] for s in np.unique(g.service).tolist()]
    if service not in known:
        raise InvalidParameter(f"nothing needs {service!r}.{suggest(service, known)}", fix=f"One of: {known}.")
    of = (g.service == arrays.services.index(service)) & system.outage
    rows = np.flatnonzero(of[system.gate_of_member] & ~g.joined[system.gate_of_member])
    owner, member = g.owner[system.gate_of_member[rows]], g.member[rows]
    works = system.baseline
    begins = works & ~system.finite
    begins[g.owner[of]] = False
    supplies = np.zeros(arrays.n, bool)
    supplies[member] = True
    begins &= supplies
    use = works[owner] & works[member] & ~system.finite[member]
    roots = np.flatnonzero(begins)
    n = arrays.n
    idom, order = idoms(
        n + 1,
        np.concatenate([np.full(len(roots), n), member[use]]),
        np.concatenate([roots, owner[use]]),
        n,
    )
    sums = np.zeros((n + 1, 1 + len(SUMMED)))
    sums[order, 0] = 1.0
    sums[:n, 1:] = np.where((idom[:n] >= 0)[:, None], _numbers(arrays.assets, SUMMED), 0.0)
    kernels.subtree_sums(order, idom, sums)
    chosen = np.flatnonzero((sums[:n, 0] > 1) & (idom[:n] >= 0))
    chosen = chosen[np.lexsort((arrays.place[chosen], -sums[chosen, 0]))]
    return DominatorResult(
        service=service,
        revision=arrays.revision,
        sources=len(roots),
        supplied=len(order) - 1,
        items=_items(catalogue, chosen, idom, sums),
        notes=["OR only: as if any one supplier were enough. Where more are needed, more is lost: twin impact."],
    )


def _items(catalogue: Catalogue, rows: Longs, idom: Longs, sums: Any) -> list[dict[str, Any]]:
    n = len(idom) - 1
    above = idom[rows]
    known = np.flatnonzero(above < n)
    by = dict(zip(known.tolist(), catalogue.ids(above[known]), strict=True))
    found = []
    for place, (entry, row) in enumerate(zip(catalogue.brief(rows), rows.tolist(), strict=True)):
        entry |= {"dominated_by": by.get(place), "lost": int(sums[row, 0]) - 1}
        entry |= {name: round(float(sums[row, 1 + i]), 6) for i, name in enumerate(SUMMED)}
        found.append(entry)
    return found
