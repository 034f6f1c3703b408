"""The shapes of answers about jobs, for the OpenAPI document only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.wire import Open, Page


class JobRow(Open):
    """A job in a list."""

    id: str
    kind: Literal["question", "check", "apply", "stitch"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    step: str = Field(description="What it is doing.")
    done: int
    total: int | None = Field(description="Null when it is not known.")
    cancelling: bool = Field(description="Somebody asked for its end; it ends soon.")
    result: str | None = Field(description="Id of the kept result, under `/results`; null until a question is done.")
    error: dict[str, Any] | None = Field(description="Why it failed: `code`, `title`, `detail`, `fix`.")
    made_at: str
    started_at: str | None
    finished_at: str | None
    made_by: str | None = Field(description="Name of the API key; null without keys.")


class Job(JobRow):
    """A job: `question` and `asked` of a question, `upload` of an import, `rules` of a stitch."""

    report: dict[str, Any] | None = Field(description="Report of an import, as `twin import --json` gives it.")


class JobPage(Page):
    """A page of jobs, newest first."""

    items: list[JobRow]
