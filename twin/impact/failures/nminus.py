"""Failures of one and of two in one answer (N-1 and N-2)."""

from __future__ import annotations

from twin.errors import InvalidParameter
from twin.impact.failures import intime
from twin.impact.failures.criticality import CriticalityResult, Progress, Question
from twin.impact.failures.criticality import criticality as _criticality
from twin.impact.failures.pairs import MAX_PAIRS, worst_pairs
from twin.impact.failures.weights import COUNT
from twin.impact.system import System


def criticality(
    system: System,
    weight: str = COUNT,
    domain: str | None = None,
    top: int | None = None,
    *,
    pairs: bool = False,
    timeline: bool = False,
    horizon_s: float | None = None,
    max_work: int = intime.MAX_WORK,
    max_pairs: int = MAX_PAIRS,
    progress: Progress | None = None,
) -> CriticalityResult:
    """The worst single failures, and with *pairs* the worst failures of two.

    Args:
        weight, domain, top, timeline, horizon_s, max_work: see :class:`twin.impact.failures.criticality.Question`.
        pairs: also every pair that loses more together than one by one (steady only), at most *top* listed; of a
            domain: pairs of assets of it. max_pairs: pairs tried at most. progress: told (done, total).

    Raises:
        InvalidParameter, LimitExceeded.
    """
    if pairs and timeline:
        raise InvalidParameter("pairs are steady answers", fix="Ask for the pairs without the run in time.")
    asked = Question(weight, domain, top, timeline, horizon_s, max_work)
    result = _criticality(system, asked, progress)
    if pairs:
        result.pairs, result.pairs_total = worst_pairs(system, asked, progress, max_pairs)
        result.notes.append("Pairs: all that lose more together than one by one; exact, by one cascade each.")
    return result
