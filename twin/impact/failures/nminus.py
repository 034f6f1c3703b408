"""Failures of one and of two in one answer (N-1 and N-2)."""

from __future__ import annotations

import math

from twin.errors import InvalidParameter
from twin.impact.failures import intime
from twin.impact.failures.criticality import CriticalityResult, Progress, Question
from twin.impact.failures.criticality import criticality as _criticality
from twin.impact.failures.pairs import MAX_PAIRS, Pairs, worst_pairs
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
    pairs_limit_s: float | None = None,
    limit_s: float = math.inf,
    progress: Progress | None = None,
) -> CriticalityResult:
    """The worst single failures, and with *pairs* the worst failures of two.

    Args:
        weight, domain, top, timeline, horizon_s, max_work, limit_s: see
            :class:`twin.impact.failures.criticality.Question`.
        pairs: also every pair that loses more together than one by one (steady only), at most *top* listed; of a
            domain: pairs of assets of it. max_pairs: pairs tried at most, or the question is refused.
        pairs_limit_s: seconds after which no further pair is tried: the answer says what it covers then.
        progress: told (done, total).

    Raises:
        InvalidParameter, LimitExceeded.
    """
    if pairs_limit_s is not None and not pairs_limit_s > 0:
        raise InvalidParameter(f"the time for pairs is {pairs_limit_s} s", fix="Give seconds above 0, or none.")
    if pairs and timeline:
        raise InvalidParameter("pairs are steady answers", fix="Ask for the pairs without the run in time.")
    asked = Question(weight, domain, top, timeline, horizon_s, max_work, limit_s)
    result = _criticality(system, asked, progress)
    if pairs:
        found = worst_pairs(system, asked, progress, max_pairs, pairs_limit_s)
        result.pairs, result.pairs_total = found.table, found.total
        result.pairs_tried, result.pairs_candidates = found.tried, found.candidates
        result.notes.append(_covered(found))
    return result


def _covered(found: Pairs) -> str:
    if found.tried == found.candidates:
        return "Pairs: all that lose more together than one by one; exact, by one cascade each."
    return (
        f"Pairs: time was up after {found.tried:,} of the {found.candidates:,} that can lose more together than one by "
        "one. Those listed are exact; others are missing. Ask for one domain, or without a limit of time."
    )
