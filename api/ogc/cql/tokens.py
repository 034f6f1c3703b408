"""Words of CQL2 text: numbers, strings, names and signs, with where each stands."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from twin.errors import InvalidFilter

#: How deep expressions may be nested, in text and in JSON.
DEEPEST = 60
#: Longest filter, in characters.
LONGEST = 60_000

KNOWN_FIX = "See docs/gis.md for what filters may say."


class Token(NamedTuple):
    """One word; ``kind``: ``number``, ``string``, ``name``, ``quoted`` (a name in double quotes), ``sign``, ``end``."""

    kind: str
    text: str
    value: Any
    at: int
    end: int

    @property
    def word(self) -> str:
        """Upper case of a plain name, empty for anything else: what key words are compared with."""
        return self.text.upper() if self.kind == "name" else ""


PATTERN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![^\W\d])
    |(?P<string>'(?:[^'\\]|''|\\'|\\)*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<name>[^\W\d](?:[\w.:]*\w)?)
    |(?P<sign><>|<=|>=|[=<>(),+\-*/^%])""",
    re.VERBOSE,
)


def tokens(text: str) -> list[Token]:
    """All words of *text*, and one of kind ``end``.

    Raises:
        InvalidFilter: it is too long, or a character has no meaning here.
    """
    if len(text) > LONGEST:
        raise InvalidFilter(f"the filter has {len(text):,} characters, at most {LONGEST:,} are read", part="filter")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = PATTERN.match(text, at)
        if match is None:
            raise wrong(f"{text[at : at + 12]!r} is not understood", at, text[at])
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, match.group(), _value(kind, match.group()), at, match.end()))
        at = match.end()
    found.append(Token("end", "", None, len(text), len(text)))
    return found


def _value(kind: str, text: str) -> Any:
    if kind == "number":
        return int(text) if text.isdecimal() else float(text)
    if kind == "string":
        return re.sub(r"''|\\'", "'", text[1:-1])
    if kind == "quoted":
        return text[1:-1].replace('""', '"')
    return text


def wrong(what: str, at: int, part: str) -> InvalidFilter:
    """The error about a filter's text at a position (counted from 1)."""
    return InvalidFilter(f"{what} (position {at + 1})", fix=KNOWN_FIX, part=part)
