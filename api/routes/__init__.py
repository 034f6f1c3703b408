"""The routes, one noun a file."""

from __future__ import annotations

from fastapi import APIRouter

from api import ogc
from api.routes import (
    access,
    assets,
    cold_start,
    compare,
    completeness,
    conflicts,
    criticality,
    cut_sets,
    deadlocks,
    edits,
    events_saved,
    explain,
    exposed,
    findings,
    health,
    impact,
    imports,
    jobs,
    mesh,
    paths,
    reference,
    results,
    screen,
    single_points,
    tiles,
    timeline,
    vocabulary,
    web,
)

ROUTERS: tuple[APIRouter, ...] = (
    single_points.router,  # before /assets/{id}, which takes any address below
    conflicts.router,
    assets.router,
    impact.router,
    timeline.router,
    explain.router,
    compare.router,
    criticality.router,
    exposed.router,
    screen.router,
    cold_start.router,
    deadlocks.router,
    cut_sets.router,
    paths.router,
    mesh.router,
    findings.router,
    completeness.router,
    imports.router,
    edits.router,
    events_saved.router,
    results.router,
    jobs.router,
    vocabulary.router,
    tiles.router,
    access.router,
    ogc.router,
    health.router,
    reference.router,
    web.router,
)
