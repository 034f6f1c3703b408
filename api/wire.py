"""The shapes of answers, for the OpenAPI document only.

Answers are encoded from plain data with orjson; a test validates real answers against these models.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["failed", "down", "interrupted", "degraded", "at_risk"]
Severity = Literal["error", "warning", "info"]


class Open(BaseModel):
    """Base of answers: later versions may add members."""

    model_config = ConfigDict(extra="allow")


class FieldError(Open):
    """One thing wrong with the request."""

    name: str
    code: str
    message: str


class Problem(Open):
    """An error, as RFC 9457 problem details."""

    type: str = Field(description="Address of the page about this code.", examples=["/docs/errors#unknown_asset"])
    title: str = Field(examples=["There is no such asset"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["No asset has the id grid:bus/221. Did you mean grid:bus/220?"])
    code: str = Field(description="Stable; decide by this.", examples=["unknown_asset"])
    fix: str = Field(description="What to do about it.", examples=["Search for it with GET /assets?text=..."])
    request_id: str | None = Field(description="The same id is in the server's log.")
    errors: list[FieldError] | None = Field(None, description="Every field that is wrong.")


class Answer(Open):
    """What every answer says about itself."""

    revision: int = Field(description="Revision of the twin's state that the answer is computed from.")
    notice: str | None = Field(description="What to know about the answer, e.g. that an import is being applied.")


class SourceAge(Open):
    """An export that the answer rests on."""

    source: str
    imported_at: str | None
    as_of: str | None = Field(None, description="When the export was made.")
    as_of_from: str | None = Field(None, description="Who says so: its manifest, or the date of its files.")
    age_s: float | None = Field(description="Seconds since the export was made, or else since it was imported.")


class Assumptions(Open):
    """What the answer rests on: counted in its own closure, not in the whole twin."""

    assumed_supplied: int = Field(description="Assets without a known supplier that count as supplied.")
    baseline_down: int = Field(description="Assets that did not operate before any event.")
    sources: list[SourceAge]


class Rests(Open):
    """What an answer that rests on data of several exports says about them."""

    assumptions: Assumptions


class Page(Open):
    """One page of a list."""

    total: int = Field(description="Rows of the whole list.")
    next: str | None = Field(description="Address of the next page; null at the end.")
    cursor: str | None = Field(description="The same as a parameter value.")


class AnswerPage(Answer, Page):
    """One page of a list that is computed from one state of the twin."""


class AssetRow(Open):
    """An asset in a list."""

    id: str
    kind: str
    domain: str
    name: str | None


class Member(AssetRow):
    """An asset that a gate counts on."""


class Gate(Open):
    """What an asset needs: of the members of one group of one service, at least `need` must deliver."""

    service: str
    group: str
    need: int
    effect: Literal["outage", "degrade"]
    joined: bool = Field(description="The members must also be joined through the working transport mesh.")
    ride_through_s: float | None = Field(description="How long it works without; null is for ever.")
    holds: bool = Field(description="Before any event.")
    members: list[Member]


class ListedAsset(AssetRow):
    """An asset in the list."""

    lon: float | None
    lat: float | None
    status: str


class AssetPage(AnswerPage):
    """A page of assets."""

    items: list[ListedAsset]


class AssetDetail(Answer):
    """Everything known about one asset."""

    id: str
    kind: str
    domain: str
    name: str | None
    lon: float | None
    lat: float | None
    source: str | None
    properties: dict[str, Any] = Field(description="In the units of GET /schema.")
    geometry: dict[str, Any] | None = Field(description="GeoJSON geometry, WGS 84.")
    run: str | None = Field(description="Import run that wrote it last.")
    gates: list[Gate]


class WalkRow(AssetRow):
    """An asset reached by following links."""

    hop: int
    parent: str | None = Field(description="The asset it was reached from.")
    service: str | None = Field(description="Null where the transport mesh was followed.")
    group: str | None


class WalkPage(AnswerPage, Rests):
    """A page of dependencies or dependents, nearest first."""

    items: list[WalkRow]


class HazardAsked(Open):
    """The hazard of an event."""

    source: str | None
    features: int
    names: list[str]
    digest: str = Field(description="Of its shapes, before the buffer.")
    buffer_m: float
    min_crossing_m: float
    hits: int = Field(description="Assets that it hits, before any selection.")


class ChosenBy(Open):
    """How the assets of an event were chosen."""

    ids: list[str]
    where: str | None
    hazard: HazardAsked | None


class Event(Open):
    """What was asked."""

    failed: list[str]
    horizon_s: float | None
    chosen: ChosenBy | None = Field(None, description="Absent when only ids were given.")


class Counts(Open):
    """How many assets of a domain have each verdict."""

    failed: int
    down: int
    interrupted: int
    degraded: int
    at_risk: int


class LostGate(Open):
    """A gate that does not hold: of the members of one group, too few deliver."""

    service: str
    group: str
    need: int
    have: int
    failed_members: list[str]


class Affected(AssetRow):
    """An asset that the event touches."""

    verdict: Verdict
    flags: list[str]
    time_s: float | None = Field(description="When it first dropped; of at_risk: when it will, or came at risk.")
    outages: list[tuple[float, float | None]] = Field(description="From, to in seconds; null is not back.")
    hop: int | None
    lost: list[LostGate]


class StandbyCalled(Open):
    """A standby source that the event called."""

    id: str
    on_s: float | None
    off_s: float | None = Field(description="When its fuel is spent; null is never.")


class Stake(Open):
    """What is lost and what survives: name -> part (`lost`, `survives`, `at_risk`, with a hazard also `lost_inside`,
    `lost_outside`, `lost_unplaced`, `survives_inside`) -> `assets` and sums of properties."""

    by_domain: dict[str, dict[str, dict[str, float]]]
    by_kind: dict[str, dict[str, dict[str, float]]] = Field(description="Of the kinds of which something is lost.")


class ImpactAnswer(Answer, Rests):
    """What an event does: who fails, when, why and who comes back."""

    event: Event
    model_level: str = Field(examples=["L1"])
    summary: dict[str, Counts] = Field(description="By domain.")
    affected: list[Affected]
    standby: list[StandbyCalled]
    capacity_lost: dict[str, dict[str, float]] = Field(
        description="By domain and property: the sum over what is failed or down at the horizon. `backup_mw` is the "
        "part of `capacity_mw` in standby sources and batteries."
    )
    stake: Stake
    notes: list[str] = Field(description="Caveats.")


class FindingRow(Open):
    """Something wrong or missing in the data."""

    code: str
    severity: Severity
    message: str
    fix: str
    assets: list[str]
    count: int


class FindingCount(Open):
    """Findings of one code and severity, of one source or kind where that is asked for."""

    code: str
    severity: Severity
    findings: int
    assets: int = Field(description="Assets that they name.")
    source: str | None = Field(None, description="With by=source; empty for what names no asset.")
    kind: str | None = Field(None, description="With by=kind; empty for what names no asset.")


class FindingCountPage(AnswerPage):
    """A page of counts."""

    items: list[FindingCount]


class FindingPage(AnswerPage):
    """A page of findings."""

    items: list[FindingRow]


class Run(Open):
    """One import run."""

    id: str
    source: str | None
    loader: str | None
    status: str


class RunPage(Page):
    """A page of import runs, newest first."""

    items: list[Run]


class RunDetail(Open):
    """One import run with its counts."""

    id: str
    source: str | None
    status: str


class PropertyDoc(Open):
    """A property of assets or links."""

    name: str
    type: str
    unit: str | None
    description: str


class SchemaAnswer(Open):
    """The vocabulary: what kinds, links, services and properties there are."""

    digest: str
    domains: list[dict[str, Any]]
    services: list[dict[str, Any]]
    kinds: list[dict[str, Any]]
    link_types: list[dict[str, Any]]
    properties: list[PropertyDoc]
    link_properties: list[PropertyDoc]
    units: list[dict[str, Any]]


class StoreHealth(Open):
    """The state of the database."""

    version: str
    revision: int
    applying: str | None


class Health(Open):
    """Whether the API lives and whether it can answer."""

    live: bool
    ready: bool
    version: str
    store: StoreHealth
    snapshot_revision: int | None
    notice: str | None


class Readiness(Open):
    """Whether questions are answered."""

    live: bool
    ready: bool
    snapshot_revision: int | None = Field(description="Revision that answers come from; null while the twin is empty.")


class Liveness(Open):
    """The process serves."""

    live: bool
