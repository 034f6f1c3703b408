"""The shapes of answers about uploads and loaders, for the OpenAPI document only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.wire import Open, Page


class UploadedFile(Open):
    """A file of an upload."""

    name: str
    size: int


class Checked(Open):
    """What the last dry run was of."""

    revision: int
    schema_: str | None = Field(alias="schema", description="Digest of the schema.")
    rejected: int = Field(description="Rows that cannot be taken.")


class UploadRow(Open):
    """An upload in a list; also how it is read, and what was guessed (`guesses`, `toml`)."""

    id: str
    name: str
    size: int
    files: list[UploadedFile]
    loader: str | None
    source: str | None
    job: str | None = Field(description="Id of the last job about it.")
    checked: Checked | None = Field(description="Null before a dry run is through.")
    run: str | None = Field(description="Import run that it was applied by.")
    made_at: str
    made_by: str | None


class Upload(UploadRow):
    """An upload, and what came of the last job about it."""

    state: Literal["received", "checking", "checked", "applying", "applied", "failed", "cancelled"]
    report: dict[str, Any] | None = Field(description="As `twin import --json` gives it: plan, rejects, findings.")
    error: dict[str, Any] | None = Field(description="Why the last job failed.")


class UploadPage(Page):
    """A page of uploads, newest first."""

    items: list[UploadRow]


class LoaderOption(Open):
    """An option of a loader."""

    option: str
    type: str
    default: str
    description: str


class Loader(Open):
    """A loader."""

    name: str
    title: str
    formats: str
    options: list[LoaderOption]


class LoaderList(Open):
    """The loaders that are installed."""

    loaders: list[Loader]
