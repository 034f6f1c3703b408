"""Answers about the graph itself: dependencies, dependents, paths."""

from __future__ import annotations

from typing import Any

from api.deps import View
from api.limits import Limits
from api.paths_queries import PathsRequest
from api.queries import known
from api.questions.models import WalkAsked
from api.questions.question import HURRIED, Effort
from twin.errors import InvalidParameter


def dependencies(view: View, body: WalkAsked, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What an asset depends on, nearest first."""
    return _walk(view, body, limits, "dependencies")


def dependents(view: View, body: WalkAsked, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What depends on an asset, nearest first."""
    return _walk(view, body, limits, "dependents")


def _walk(view: View, body: WalkAsked, limits: Limits, direction: str) -> dict[str, Any]:
    if body.depth is not None and body.depth > limits.depth:
        raise InvalidParameter(f"depth: at most {limits.depth:,} hops are followed")
    for domain in (*(body.domains or ()), *(body.through or ())):
        known("domain", domain, view.schema.domains)
    for service in body.services or ():
        known("service", service, view.schema.services)
    walk = view.snapshot.dependencies if direction == "dependencies" else view.snapshot.dependents
    rows = list(walk(body.id, depth=body.depth, services=body.services, through=body.through))
    if body.domains:  # after the walk: what lies behind an asset of another domain is part of the answer
        rows = [row for row in rows if row["domain"] in body.domains]
    return {
        "items": rows[: body.limit],
        "total": len(rows),
        "revision": view.snapshot.revision,
        "notice": view.notice,
        "assumptions": view.snapshot.rests_on([body.id], "needs" if direction == "dependencies" else "below"),
    }


def paths(view: View, body: PathsRequest, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """Routes between two assets."""
    result = view.snapshot.paths(body.start, body.end, schema=view.schema, **body.read(limits))
    return {**result.to_dict(), "notice": view.notice}
