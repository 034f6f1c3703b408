"""The shape of the answer about cut sets, for the OpenAPI document only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.wire import Answer, AssetRow, Open, Rests


class CutSet(Open):
    """Assets that take the asset down when all of them fail, and not when one of them does not."""

    assets: list[str] = Field(examples=[["grid:bus/220", "grid:genset/1"]])
    probability: float | None = Field(description="Product of their unavailabilities; null when one is not known.")


class CutSetAsset(Open):
    """An asset named in a set."""

    kind: str
    domain: str
    name: str | None


class Unavailability(Open):
    """How likely the asset is down; independent failures."""

    value: float | None = Field(description="Exact; null when only bounds are known.")
    lower: float
    upper: float
    rare_event: float = Field(description="Sum over the sets of the answer: the usual approximation.")
    with_data: int = Field(description="Assets that can fail and carry unavailability, or mttf_h and mttr_h.")
    without_data: int = Field(description="Assets that can fail and carry none: never down at random.")


class Importance(AssetRow):
    """What one asset contributes to the unavailability."""

    unavailability: float
    birnbaum: float = Field(description="P when it is down - P when it is up.")
    fussell_vesely: float = Field(description="Share of P that goes when it never fails.")
    raw: float = Field(description="Risk achievement worth: P when it is down / P.")
    rrw: float | None = Field(description="Risk reduction worth: P / P when it is up; null for infinite.")


class CutSetsAnswer(Answer, Rests):
    """The minimal cut sets of one asset."""

    asset: AssetRow
    model_level: str = Field(examples=["L1"])
    state: Literal["steady", "timeline"]
    horizon_s: float | None = Field(description="When it was looked, in time; null for the end of all buffers.")
    order: int | None = Field(description="Sets of at most so many assets; null for all.")
    method: Literal["bdd", "search", "runs"] = Field(description="How they were found; all are exact.")
    can_fail: int = Field(description="Assets that it rests on and that may fail.")
    out: int = Field(description="Assets that it rests on and that did not operate before.")
    counts: list[int] = Field(description="Minimal cut sets by number of assets, from 0 on.")
    complete: bool = Field(description="Whether `counts` has every order.")
    total: int = Field(description="Sets up to the order; `sets` holds the first `limit` of them.")
    sets: list[CutSet] = Field(description="Smallest first, then likeliest.")
    assets: dict[str, CutSetAsset] = Field(description="Every asset named in `sets`, by id.")
    unavailability: Unavailability | None = Field(description="Null when no asset carries data.")
    importances: list[Importance] = Field(description="The first `limit`, largest share first.")
    notes: list[str]
