"""Answers about the graph itself: dependencies, dependents, paths, meshes, dominators, findings."""

from __future__ import annotations

from typing import Any

from api.deps import View
from api.limits import Limits
from api.paths_queries import MAX_LISTED, PathsRequest
from api.queries import known
from api.questions.models import DominatorsAsked, FindingsAsked, MeshAsked, WalkAsked
from api.questions.question import HURRIED, Effort
from twin.errors import InvalidParameter
from twin.impact.checks.counts import concerning
from twin.impact.meshes import MeshResult
from twin.model import SHOWN


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
    result = view.snapshot.paths(
        body.start, body.end, schema=view.schema, progress=effort.tell, **body.read(limits)
    )  # fmt: skip
    return {**result.to_dict(), "notice": view.notice}


def mesh(view: View, body: MeshAsked, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What holds a mesh together: the worst cuts, without pages."""
    result = view.snapshot.mesh(body.mesh, schema=view.schema)
    return {**mesh_document(result), "cuts": result.cuts[: body.limit], "notice": view.notice}


def mesh_document(result: MeshResult) -> dict[str, Any]:
    """A mesh as plain data, with the largest islands and the first bridge links only; ``total`` counts the cuts."""
    return {
        **result.to_dict(),
        "islands_total": len(result.islands),
        "islands": result.islands[:MAX_LISTED],
        "bridge_links": result.bridge_links[:MAX_LISTED],
        "total": len(result.cuts),
    }


def dominators(view: View, body: DominatorsAsked, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """Through which single asset all supply comes: the worst ones, without pages."""
    result = view.snapshot.dominators(body.service)
    items = result.items
    return {**result.to_dict(), "items": items[: body.limit], "total": len(items), "notice": view.notice}


def findings(view: View, body: FindingsAsked, limits: Limits, effort: Effort = HURRIED) -> dict[str, Any]:
    """What is wrong or missing, worst first, without pages."""
    found = concerning(view.snapshot, view.findings, code=body.code, severity=body.severity)
    return {
        "items": [finding.to_dict(SHOWN) for finding in found[: body.limit]],
        "total": len(found),
        "revision": view.snapshot.revision,
        "notice": view.notice,
    }
