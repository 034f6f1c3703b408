"""Answers about single and many failures: screen, criticality, single points, cut sets, cold start, deadlocks."""

from __future__ import annotations

from typing import Any

from api.cut_sets_queries import MAX_NODES, SECONDS, CutSetsRequest
from api.deps import View
from api.failure_queries import (
    MAX_LISTED,
    MAX_PAIRS,
    MAX_SCENARIOS,
    MAX_SEARCH,
    MAX_WORK,
    PAIRS_S,
    RUNS_S,
    ColdStartQuery,
    ListQuery,
    ScreenRequest,
    check_limit,
)
from api.limits import Limits
from api.queries import known
from api.questions.models import CriticalityAsked, SinglePointsAsked
from api.questions.question import HURRIED, Effort
from twin.errors import LimitExceeded


def screen(view: View, body: ScreenRequest, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What each of many scenarios costs."""
    limit = check_limit(body.limit, limits)
    result = view.snapshot.screen(
        body.source(),
        weight=body.weight,
        often=body.assets,
        timeline=body.timeline,
        horizon_s=body.horizon_s,
        max_scenarios=MAX_SCENARIOS,
        progress=effort.tell,
        **effort.bounds(max_work=MAX_WORK, limit_s=RUNS_S),
    )
    total = result.table.num_rows
    result.table = result.table.slice(0, limit)
    result.often = None if result.often is None else result.often.slice(0, limit)
    return {**shortened(result.to_dict()), "total": total, "notice": view.notice}


def shortened(body: dict[str, Any]) -> dict[str, Any]:
    """*body* with the failed ids of as many scenarios as one answer lists; a note says where they end."""
    left = MAX_LISTED
    for place, row in enumerate(body["items"]):
        left -= len(row["failed_ids"])
        if left < 0:
            for other in body["items"][place:]:
                other["failed_ids"] = None
            note = (
                f"failed_ids stand for the first {place:,} scenarios only: one answer lists {MAX_LISTED:,} ids at most."
            )
            return {**body, "notes": [*body["notes"], note]}
    return body


def criticality(view: View, body: CriticalityAsked, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What each single failure costs: the worst ones, without pages."""
    result = view.snapshot.criticality(
        body.weight,
        known("domain", body.domain, view.schema.domains),
        body.limit,
        pairs=body.pairs,
        timeline=body.timeline,
        horizon_s=body.horizon_s,
        max_pairs=MAX_PAIRS,
        progress=effort.tell,
        **effort.bounds(max_work=MAX_WORK, limit_s=RUNS_S, pairs_limit_s=PAIRS_S),
    )
    return {**result.to_dict(), "notice": view.notice}


def single_points(view: View, body: SinglePointsAsked, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What alone takes an asset down."""
    result = view.snapshot.single_points_of_failure(
        body.id,
        timeline=body.timeline,
        horizon_s=body.horizon_s,
        progress=effort.tell,
        **effort.bounds(max_work=MAX_WORK, limit_s=RUNS_S),
    )
    return {**result.to_dict(), "notice": view.notice}


def cut_sets(view: View, body: CutSetsRequest, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What must fail together to take an asset down."""
    if body.limit > limits.max_page or len(body.unavailability or ()) > limits.failed:
        raise LimitExceeded(f"limit: at most {limits.max_page:,} sets, and {limits.failed:,} unavailabilities")
    tell = effort.tell
    result = view.snapshot.cut_sets(
        body.id,
        body.order,
        probabilities=body.unavailability,
        kind_probabilities=body.kind_unavailability,
        can_fail=body.can_fail,
        timeline=body.timeline,
        horizon_s=body.horizon_s,
        progress=None if tell is None else lambda words: tell(0, 0),
        **effort.bounds(max_steps=body.steps(view.snapshot.n_assets), max_nodes=MAX_NODES, limit_s=SECONDS),
    )
    return {**result.to_dict(body.limit), "notice": view.notice}


def cold_start(view: View, body: ColdStartQuery, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What comes up from nothing."""
    limit = check_limit(body.limit, limits)
    return {**view.snapshot.cold_start().to_dict(limit, body.skip), "notice": view.notice}


def deadlocks(view: View, body: ListQuery, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What must be started by hand."""
    limit = check_limit(body.limit, limits)
    cores = view.snapshot.deadlocks(progress=effort.tell, **effort.bounds(max_work=MAX_SEARCH, limit_s=RUNS_S))
    return {
        "revision": view.snapshot.revision,
        "model_level": "L1",
        "assumptions": view.snapshot.rests_on(),
        "total": len(cores),
        "items": [core.to_dict(limit) for core in cores[:limit]],
        "notice": view.notice,
    }
