"""The routes, one noun a file."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import assets, compare, cut_sets, explain, findings, health, impact, imports, reference, timeline, vocabulary

ROUTERS: tuple[APIRouter, ...] = (
    assets.router,
    impact.router,
    timeline.router,
    explain.router,
    compare.router,
    cut_sets.router,
    findings.router,
    imports.router,
    vocabulary.router,
    health.router,
    reference.router,
)
