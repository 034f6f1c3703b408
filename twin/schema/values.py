"""Turning raw values of exports into typed property values, by the schema.

Errors are :class:`ValueProblem` with a stable code; the caller adds file, row and column.
"""

from __future__ import annotations

import math
from typing import Any

from twin.schema.model import Property, Schema, suggest

MAX_TEXT = 10_000
TRUE = {"true", "1", "yes", "y", "t"}
FALSE = {"false", "0", "no", "n", "f"}


class ValueProblem(ValueError):
    """A raw value that the property cannot take: ``code``, message and fix."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code = code
        self.fix = fix


def parse_value(prop: Property, raw: Any) -> Any:
    """*raw* as the property's type, or None when it is empty.

    Args:
        prop: the property, whose unit the value is already in.
        raw: text, or a value that is already typed.

    Raises:
        ValueProblem: ``wrong_type``, ``not_finite``, ``out_of_range`` or ``value_too_long``.
    """
    if raw is None:
        return None
    if isinstance(raw, str):
        if len(raw) > MAX_TEXT:
            raise ValueProblem(
                "value_too_long",
                f"{prop.name} has {len(raw):,} characters; at most {MAX_TEXT:,} are taken",
                "Shorten the value, or leave the column out.",
            )
        raw = raw.strip()
        if not raw:
            return None
    if prop.type == "string":
        return _text(prop, raw)
    if prop.type == "boolean":
        return _boolean(prop, raw)
    if prop.type == "enum":
        return _enum(prop, raw)
    return _number(prop, raw)


def parse_number(name: str, raw: Any) -> float:
    """*raw* as a finite float.

    Raises:
        ValueProblem: ``wrong_type`` or ``not_finite``.
    """
    if isinstance(raw, bool):
        raise ValueProblem("wrong_type", f"{name} is a number, not {raw!r}", "Give a number.")
    try:
        value = float(raw)
    except (TypeError, ValueError, OverflowError):
        raise ValueProblem(
            "wrong_type",
            f"{name} is a number, not {str(raw)[:60]!r}",
            "Give a number with a decimal point and no unit.",
        ) from None
    if not math.isfinite(value):
        raise ValueProblem(
            "not_finite", f"{name} is {value}", "Leave the cell empty if the value is unknown or endless."
        )
    return value


def convert_value(schema: Schema, prop: Property, value: float, unit: str) -> float:
    """*value* given in *unit* in the property's own unit.

    Raises:
        ValueProblem: ``unknown_unit``.
    """
    try:
        return schema.convert(value, unit, prop.unit or "1")
    except KeyError:
        hint = suggest(unit, schema.units)
        raise ValueProblem(
            "unknown_unit", f"unknown unit {unit!r} for {prop.name}.{hint}", "Use a unit of the schema."
        ) from None
    except ValueError as error:
        raise ValueProblem(
            "unknown_unit", f"{prop.name}: {error}", f"Use a unit that fits {prop.unit or '1'}."
        ) from None


def _text(prop: Property, raw: Any) -> str:
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    text = str(raw)
    if not text.isprintable() and any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueProblem("wrong_encoding", f"{prop.name} has a NUL or broken characters", "Export it again as UTF-8.")
    return text


def _boolean(prop: Property, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise ValueProblem("wrong_type", f"{prop.name} is true or false, not {raw!r}", "Write true or false.")


def _enum(prop: Property, raw: Any) -> str:
    word = str(raw).strip()
    if word in prop.values:
        return word
    hint = suggest(word, list(prop.values))
    raise ValueProblem("wrong_type", f"{prop.name} is {word!r}.{hint}", f"Use one of: {', '.join(prop.values)}.")


def _number(prop: Property, raw: Any) -> float | int:
    value = parse_number(prop.name, raw)
    if prop.type == "integer" and not value.is_integer():
        raise ValueProblem("wrong_type", f"{prop.name} is a whole number, not {raw!r}", "Give a whole number.")
    if (prop.minimum is not None and value < prop.minimum) or (prop.maximum is not None and value > prop.maximum):
        low = "" if prop.minimum is None else f"at least {prop.minimum:g} "
        high = "" if prop.maximum is None else f"at most {prop.maximum:g} "
        raise ValueProblem(
            "out_of_range",
            f"{prop.name} is {value:g}",
            f"The value must be {low}{high}{prop.unit or ''}".rstrip() + ".",
        )
    return int(value) if prop.type == "integer" else value
