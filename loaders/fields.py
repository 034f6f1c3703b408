"""From a field of an export to a property of the schema: words mapped, units converted, values checked."""

from __future__ import annotations

import re
from typing import Any, Protocol

from twin.schema import Property, Schema
from twin.schema.values import ValueProblem, convert_value, parse_number, parse_value

LIST = re.compile(r"[;,]")


class Mapped(Protocol):
    """How a value is turned into ours (see ``gis_options.FieldMap``)."""

    unit: str | None
    values: dict[str, Any] | None
    several: Any


def text_of(raw: Any) -> str:
    """A field that identifies or names something, as text; empty when it is absent. ``12.0`` is ``12``."""
    if raw is None:
        return ""
    if isinstance(raw, float):
        if raw != raw:
            return ""
        if raw.is_integer():
            return str(int(raw))
    return str(raw).strip()


def is_absent(raw: Any) -> bool:
    """Whether a field holds nothing: null, or blanks. (NaN is a value, and an error.)"""
    return raw is None or (isinstance(raw, str) and not raw.strip())


def convert(schema: Schema, prop: Property, raw: Any, how: Mapped | None = None) -> Any:
    """*raw* as a value of *prop*, or None when it is absent.

    Raises:
        ValueProblem: ``wrong_type``, ``not_finite``, ``out_of_range``, ``value_too_long`` or ``unknown_unit``.
    """
    if is_absent(raw):
        return None
    if how is not None:
        if how.several and isinstance(raw, str):
            raw = _one_of(prop, raw, how.several)
        if how.values is not None:
            raw = _translate(prop, raw, how.values)
        if how.unit and not is_absent(raw):
            raw = convert_value(schema, prop, parse_number(prop.name, raw), how.unit)
    return parse_value(prop, raw)


def _one_of(prop: Property, raw: str, take: str) -> Any:
    parts = [part.strip() for part in LIST.split(raw) if part.strip()]
    if not parts or take == "first":
        return parts[0] if parts else None
    numbers = [parse_number(prop.name, part) for part in parts]
    return max(numbers) if take == "max" else min(numbers)


def _translate(prop: Property, raw: Any, values: dict[str, Any]) -> Any:
    word = text_of(raw)
    if word not in values:
        raise ValueProblem(
            "wrong_type",
            f"{word[:60]!r} is not among the words that the mapping translates to {prop.name}",
            f"Add it to `values`, which knows {', '.join(values)[:200]}.",
        )
    return values[word]
