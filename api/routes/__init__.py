"""The routes, one noun a file."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import (
    assets,
    cold_start,
    compare,
    completeness,
    conflicts,
    criticality,
    cut_sets,
    deadlocks,
    edits,
    explain,
    exposed,
    findings,
    health,
    impact,
    imports,
    mesh,
    paths,
    reference,
    screen,
    single_points,
    timeline,
    vocabulary,
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
    vocabulary.router,
    health.router,
    reference.router,
)
