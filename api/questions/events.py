"""Answers about one event or two: impact, timeline, explain, compare, exposed."""

from __future__ import annotations

from typing import Any

from api.deps import View
from api.event_queries import CompareRequest, ExplainRequest, ImpactRequest
from api.failure_queries import MAX_WORK, RUNS_S, ExposedRequest, check_limit
from api.limits import Limits
from api.questions.question import HURRIED, Effort
from twin.errors import LimitExceeded
from twin.impact import ImpactResult


def impact(view: View, body: ImpactRequest, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What an event does."""
    return {**impact_of(view, body, limits).to_dict(), "notice": view.notice}


def impact_of(view: View, body: ImpactRequest, limits: Limits) -> ImpactResult:
    """What an event does, not as plain data yet."""
    return view.snapshot.impact(body.event(limits, view.saved_event), horizon_s=body.horizon_s)


def timeline(view: View, body: ImpactRequest, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What an event does in which order."""
    result = view.snapshot.timeline(body.event(limits, view.saved_event), horizon_s=body.horizon_s)
    return {**result.to_dict(), "notice": view.notice}


def explain(view: View, body: ExplainRequest, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """Why an asset has its verdict."""
    result = view.snapshot.explain(body.id, body.event(limits, view.saved_event), horizon_s=body.horizon_s)
    return {**result.to_dict(), "notice": view.notice}


def compare(view: View, body: CompareRequest, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What sets two events apart."""
    a, b = (event.event(limits, view.saved_event) for event in (body.a, body.b))
    result = view.snapshot.compare(a, b, horizon_s=body.horizon_s)
    return {**result.to_dict(), "notice": view.notice}


def exposed(view: View, body: ExposedRequest, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What an event leaves one failure away."""
    limit = check_limit(body.limit, limits)
    result = view.snapshot.exposed(
        body.event(limits, view.saved_event),
        effort.tell,
        timeline=body.timeline,
        horizon_s=body.horizon_s,
        named=body.named,
        **effort.bounds(max_work=MAX_WORK, limit_s=RUNS_S),
    )
    total = len(result.exposed)
    result.exposed = result.exposed[:limit]
    named = sum(len(row["failures"]) for row in result.exposed)
    if named > limits.answer and not effort.patient:
        raise LimitExceeded(
            f"the answer names {named:,} failures, and one answer gives {limits.answer:,}",
            fix="Ask with a lower `named` or `limit`; `count` of each row counts all failures.",
        )
    return {**result.to_dict(), "total": total, "notice": view.notice}
