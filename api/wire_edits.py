"""Shapes of the answers about edits."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.wire import Open


class EditReport(Open):
    """What edits did, or would do."""

    status: str = Field(examples=["applied"], description="`applied`, `unchanged` or, for a dry run, `planned`.")
    run: str | None = Field(description="Id of the run; null when nothing was written.")
    revision: int
    plan: dict[str, Any] = Field(description="Counts per source.")
    rejected: int
    findings: list[dict[str, Any]]


class UndoReport(Open):
    """What was taken back."""

    status: str = Field(examples=["rolled_back"])
    run: str
    revision: int
    assets: int
    links: int
