"""What can be edited by hand: one small model for each operation, the same in Python, CLI and API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from twin.errors import InvalidParameter, LimitExceeded

#: Edits of one run at most.
MAX_EDITS = 10_000
#: Source of what is added without one.
MANUAL = "manual"

Id = Annotated[str, Field(min_length=1, max_length=512)]


class _Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Add(_Edit):
    """A new asset.

    Attributes:
        id: full id ``source:native``, or a native id of the source ``manual``. kind, name: as the schema has them.
        properties: schema property -> value. lon, lat: degrees. geometry: GeoJSON geometry in WGS 84 degrees instead.
    """

    op: Literal["add"] = "add"
    id: Id
    kind: str
    name: str | None = None
    properties: dict[str, Any] = Field(default_factory=dict)
    lon: float | None = None
    lat: float | None = None
    geometry: dict[str, Any] | None = None


class Set(_Edit):
    """Other values of an asset: name, kind, place or properties; None takes a property away."""

    op: Literal["set"] = "set"
    id: Id
    properties: dict[str, Any] = Field(default_factory=dict)
    name: str | None = None
    kind: str | None = None
    lon: float | None = None
    lat: float | None = None
    geometry: dict[str, Any] | None = None


class Link(_Edit):
    """A new link, or other values of the same link: it points from what supplies to what needs."""

    op: Literal["link"] = "link"
    start: Annotated[Id, Field(alias="from")]
    type: str
    to: Id
    group: str | None = None
    need: str | int | None = None
    properties: dict[str, Any] = Field(default_factory=dict)
    source: str = MANUAL

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Unlink(_Edit):
    """Links that go: all between two assets, or those of one type or group."""

    op: Literal["unlink"] = "unlink"
    start: Annotated[Id, Field(alias="from")]
    to: Id
    type: str | None = None
    group: str | None = None

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Delete(_Edit):
    """An asset that goes with its links."""

    op: Literal["delete"] = "delete"
    id: Id


class Rename(_Edit):
    """An asset that gets another id; all that it carries and all its links come along."""

    op: Literal["rename"] = "rename"
    id: Id
    to: Id


Edit = Annotated[Add | Set | Link | Unlink | Delete | Rename, Field(discriminator="op")]
_EDITS: TypeAdapter[list[Any]] = TypeAdapter(list[Edit])


def parse_edits(edits: Iterable[Any]) -> list[Any]:
    """Edits from plain data (or from the models themselves).

    Raises:
        InvalidParameter: one does not fit; all problems at once. LimitExceeded: too many, or none.
    """
    plain = [edit.model_dump(by_alias=True) if isinstance(edit, _Edit) else edit for edit in edits]
    if not plain:
        raise InvalidParameter("there is nothing to edit", fix="Give at least one edit.")
    if len(plain) > MAX_EDITS:
        raise LimitExceeded(
            f"{len(plain):,} edits; at most {MAX_EDITS:,} are made at once", fix="Import them as tables."
        )
    try:
        return _EDITS.validate_python(plain)
    except ValidationError as error:
        problems = [_problem(item) for item in error.errors()[:20]]
        raise InvalidParameter("; ".join(problems), fix="See docs/edits.md for what an edit is.") from error


def _problem(item: Mapping[str, Any]) -> str:
    place, *rest = item["loc"]
    name = ".".join(str(part) for part in rest[1:])
    return f"edit {int(place) + 1}{f', {name}' if name else ''}: {item['msg']}"


def full_id(text: str) -> str:
    """The id with its source, ``manual`` where it names none."""
    return text if ":" in text else f"{MANUAL}:{text}"
