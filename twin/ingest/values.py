"""Parsers of single cells, made once for each property and remembering what they parsed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twin.schema import NEED_ALL, Property, Schema, parse_need
from twin.schema.values import ValueProblem, parse_value

Parse = Callable[[Any], Any]

#: Longest id, name, group (characters): what an index of the store can hold is about 8 kB.
MAX_SHORT = 1_000
#: Different texts that one parser remembers.
REMEMBERED = 10_000
WHOLE = 2**53
_UNSEEN = object()


def parsers(properties: dict[str, Property]) -> dict[str, Parse]:
    """Property name -> its parser; a parser returns the typed value, None if empty, or raises ValueProblem."""
    return {name: _parser(prop) for name, prop in properties.items()}


def kind_parsers(schema: Schema) -> dict[str, dict[str, Parse]]:
    """Kind -> property name -> parser; kinds share the parsers."""
    made = parsers(dict(schema.properties))
    return {kind: {name: made[name] for name in schema.kind_properties(kind)} for kind in schema.kinds}


def _parser(prop: Property) -> Parse:
    seen: dict[str, Any] = {}
    whole = prop.type == "integer"

    def parse(raw: Any) -> Any:
        if type(raw) is str:
            value = seen.get(raw, _UNSEEN)
            if value is not _UNSEEN:
                return value
        value = parse_value(prop, raw)
        if whole and value is not None and abs(value) > WHOLE:
            raise ValueProblem("out_of_range", f"{prop.name} is {raw!s:.40}", "Give a number below 2^53.")
        if type(raw) is str and len(raw) <= 100 and len(seen) < REMEMBERED:
            seen[raw] = value
        return value

    return parse


class Needs:
    """Normal form of ``need`` as text: ``any``, ``all`` or a whole number."""

    def __init__(self) -> None:
        self._seen: dict[str, str | None] = {}
        self.values: dict[str, int] = {}

    def normal(self, raw: Any) -> str | None:
        """*raw* in normal form, None if empty.

        Raises:
            ValueProblem: ``bad_need``.
        """
        if raw is None:
            return None
        text = raw if isinstance(raw, str) else str(raw)
        if text in self._seen:
            return self._seen[text]
        word = text.strip().lower()
        if not word:
            return None
        try:
            number = parse_need(word)
        except (ValueError, OverflowError):
            raise ValueProblem(
                "bad_need", f"need is {text[:40]!r}", "Write any, all, or a whole number from 1; or leave it empty."
            ) from None
        normal = "all" if number == NEED_ALL else "any" if word == "any" else str(number)
        self._seen[text] = normal
        self.values[normal] = number
        return normal
