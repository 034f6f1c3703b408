"""What may be asked in an address or a body: the parameters, their bounds and their examples.

The bounds here are those of :class:`api.limits.Limits` by default, so that the document states them; a
server with tighter limits enforces those too (:func:`page_size`, :func:`hops`).
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from api.formats import Format, Formatted
from api.limits import Limits
from api.what_if_queries import Supposing
from twin.errors import InvalidParameter
from twin.schema import suggest

LIMITS = Limits()


class Strict(BaseModel):
    """Base of all parameters: an unknown one is an error."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(Formatted):
    """Which part of a list."""

    limit: int = Field(
        LIMITS.page,
        ge=1,
        le=LIMITS.max_rows,
        description=f"Rows of a page; at most {LIMITS.max_page:,} where the format is not `columns`, `arrow` or "
        "`parquet`.",
    )
    cursor: str | None = Field(
        None, max_length=LIMITS.cursor, description="Where to go on: from `cursor` of the page before."
    )


class Chosen(BaseModel):
    """Which assets."""

    kind: str | None = Field(None, max_length=LIMITS.text, description="Only this kind.", examples=["substation"])
    domain: str | None = Field(None, max_length=LIMITS.text, description="Only this domain.", examples=["energy"])
    text: str | None = Field(
        None, max_length=LIMITS.text, description="Words in the id or the name.", examples=["Berlin"]
    )
    bbox: str | None = Field(
        None,
        max_length=LIMITS.text,
        description="Only assets inside: west,south,east,north in degrees (WGS 84); "
        "west > east crosses the 180th meridian.",
        examples=["12.9,52.3,13.8,52.7"],
    )


class AssetQuery(Chosen, PageQuery):
    """Which assets, and which part of their list."""


class WalkQuery(PageQuery, Supposing):
    """How far to follow links."""

    depth: int | None = Field(None, ge=1, le=LIMITS.depth, description="Hops at most; absent follows them to the end.")
    domain: str | None = Field(
        None,
        max_length=LIMITS.text,
        description="Only assets of these domains in the answer (comma-separated).",
        examples=["energy,compute"],
    )
    service: str | None = Field(
        None,
        max_length=LIMITS.text,
        description="Follow only links of these services (comma-separated).",
        examples=["power,cooling"],
    )
    through: str | None = Field(
        None,
        max_length=LIMITS.text,
        description="Pass only assets of these domains (comma-separated); `domain` alone passes all and lists some.",
        examples=["energy"],
    )


class FindingQuery(PageQuery):
    """Which findings."""

    code: str | None = Field(None, max_length=LIMITS.text, description="Only this code.")
    severity: str | None = Field(
        None, pattern="^(error|warning|info)$", description="Only this severity: error, warning or info."
    )


class FindingListQuery(FindingQuery):
    """Which findings, also by what they concern."""

    kind: str | None = Field(None, max_length=LIMITS.text, description="Only what names an asset of this kind.")
    source: str | None = Field(None, max_length=LIMITS.text, description="Only what names an asset of this source.")


class FindingCountQuery(FindingQuery):
    """Which findings, and what they are counted by."""

    by: str = Field("code", pattern="^(code|source|kind)$", description="Counted by code, source or kind.")


class ConflictQuery(PageQuery):
    """Which conflicts."""

    property: str | None = Field(None, max_length=LIMITS.text, description="Only this property; `location` for places.")


def page_size(query: PageQuery, limits: Limits, form: Format) -> int:
    """Rows of a page in this format.

    Raises:
        InvalidParameter: more than this server gives at once.
    """
    most = limits.max_rows if form.columnar else limits.max_page
    if query.limit > most:
        raise InvalidParameter(
            f"limit: at most {most:,} rows are given at once as {form.name}",
            fix=f"Follow `next`, or ask for f=arrow: it gives {limits.max_rows:,}." if not form.columnar else None,
        )
    return query.limit


def hops(query: WalkQuery, limits: Limits) -> int | None:
    """How many hops to follow.

    Raises:
        InvalidParameter: more than this server follows.
    """
    if query.depth is not None and query.depth > limits.depth:
        raise InvalidParameter(f"depth: at most {limits.depth:,} hops are followed")
    return query.depth


def known(name: str, word: str | None, among: Mapping[str, object]) -> str | None:
    """*word*, which the schema must know.

    Raises:
        InvalidParameter: it does not; the message names what is close.
    """
    if word is not None and word not in among:
        raise InvalidParameter(
            f"{name}: there is no {name} {word!r}.{suggest(word, list(among))}", fix="GET /schema lists them."
        )
    return word


def words(text: str | None) -> list[str] | None:
    """A comma-separated list, or None when it is absent."""
    if text is None:
        return None
    return [part.strip() for part in text.split(",") if part.strip()] or None
