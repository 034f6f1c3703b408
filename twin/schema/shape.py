"""The shape of a schema file: which keys each table takes and of what type, checked before anything is built."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twin.errors import SchemaError


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Domain(_Entry):
    label: str
    title: str
    description: str
    colour: str


class _Service(_Entry):
    description: str
    grounded: bool


class _Unit(_Entry):
    quantity: str
    factor: float = Field(gt=0, allow_inf_nan=False)


class _Property(_Entry):
    type: str
    description: str
    unit: str | None = None
    values: list[str] = []
    minimum: float | None = None
    maximum: float | None = None
    default: bool | int | float | str | None = None
    status: str = "stable"
    common: bool = False


class _Kind(_Entry):
    domain: str
    layer: str
    geometry: str
    description: str
    label: str | None = None
    requires: list[str] = []
    properties: list[str] = []
    counterpart: str = ""
    status: str = "stable"


class _LinkType(_Entry):
    effect: str
    on_delete: str
    description: str
    service: str | None = None
    group: str = ""
    need: str | int = "any"
    mesh: bool = False
    joined: bool = False
    ends: list[str] = []
    status: str = "stable"


class _MoreOfKind(_Entry):
    """`extend.kinds`: lists may only be added to."""

    properties: list[str] = []
    requires: list[str] = []


class _MoreEnds(_Entry):
    ends: list[str] = []


class _Extend(_Entry):
    kinds: dict[str, _MoreOfKind] = {}
    link_types: dict[str, _MoreEnds] = {}


class _Document(_Entry):
    domains: dict[str, _Domain] = {}
    services: dict[str, _Service] = {}
    units: dict[str, _Unit] = {}
    properties: dict[str, _Property] = {}
    link_properties: dict[str, _Property] = {}
    kinds: dict[str, _Kind] = {}
    link_types: dict[str, _LinkType] = {}
    extend: _Extend = _Extend()


def check_shape(document: dict[str, Any], where: str) -> None:
    """Raise what does not fit, all at once.

    Args:
        document: a parsed schema file. where: its name, for the message.

    Raises:
        SchemaError: a key is unknown or missing, or a value has the wrong type.
    """
    try:
        _Document.model_validate(document)
    except ValidationError as error:
        lines = (f"[{'.'.join(str(part) for part in e['loc'])}] {e['msg']}" for e in error.errors())
        raise SchemaError(f"{where}: {'; '.join(lines)}") from error
