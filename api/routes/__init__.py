"""The routes, one noun a file."""

from __future__ import annotations

from fastapi import APIRouter

from api.routes import assets, findings, health, impact, imports, reference, vocabulary

ROUTERS: tuple[APIRouter, ...] = (
    assets.router,
    impact.router,
    findings.router,
    imports.router,
    vocabulary.router,
    health.router,
    reference.router,
)
